/** Whether something already listens on a port of this machine. */
export function portTaken(port: number, address?: string): Promise<boolean>;

/** A port of the loopback interface that nobody uses at the moment. */
export function freePort(): Promise<number>;
