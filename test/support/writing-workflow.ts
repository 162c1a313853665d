/** One transition, whose agent writes: its answer goes into the token, and moves it. */
export function writingWorkflow(inputMapping?: Readonly<Record<string, string>>) {
  return {
    id: 'writing',
    name: 'Writing',
    places: ['asked', 'written'],
    initialPlace: 'asked',
    transitions: [
      {
        id: 'write',
        fromPlaces: ['asked'],
        toPlace: 'written',
        agentExecution: {
          agentId: 'writer',
          ...(inputMapping === undefined ? {} : { inputMapping }),
          outputMapping: { 'data.text': 'response' },
        },
      },
    ],
  };
}
