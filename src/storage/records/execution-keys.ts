export function executionKey(id: string): string {
  return `execution/${id}`;
}

export function turnKey(executionId: string, turn: number): string {
  return `turn/${executionId}/${turn}`;
}
