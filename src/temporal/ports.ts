import { connect } from 'node:net';

/** Whether something accepts connections there. */
export async function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1000 });
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => {
      settle(true);
    });
    socket.on('error', () => {
      settle(false);
    });
    socket.on('timeout', () => {
      settle(false);
    });
  });
}

/** What to tell a person about a port that is not free. */
export function portTaken(port: number, variable: string): string {
  return `Port ${port} is taken by another program. Stop that program, or set ${variable} to a free port.`;
}
