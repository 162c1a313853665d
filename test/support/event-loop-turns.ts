/** How often the loop of this process turned while something went on: never, where that held the process up from end to end. */
export async function countingTurns<Value>(happening: () => Promise<Value>): Promise<{ value: Value; turns: number }> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return { value: await happening(), turns };
  } finally {
    isOver = true;
  }
}
