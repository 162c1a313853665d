/** A token of it can be fired for ever, without an agent. */
export const BACK_AND_FORTH = {
  id: 'bench-fires',
  name: 'Bench fires',
  places: ['left', 'right'],
  initialPlace: 'left',
  transitions: [
    { id: 'go', fromPlaces: ['left'], toPlace: 'right' },
    { id: 'back', fromPlaces: ['right'], toPlace: 'left' },
  ],
};

/** Which transition the fire of this number, from 0, is of. */
export function nextTransition(index: number): string {
  return index % 2 === 0 ? 'go' : 'back';
}
