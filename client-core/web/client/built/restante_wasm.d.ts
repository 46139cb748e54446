export default function init(): Promise<unknown>;
export function key_of_passphrase(p: string, s: Uint8Array): Uint8Array;
export class Core { static open(f: string): Promise<Core>; enter(k: Uint8Array): Promise<string>; start(k: Uint8Array, h: string): Promise<string>; unfinished(): boolean; propose_password(): string; call(c: string, b: any[]): Promise<any>; listen(): Listener; leave(): Promise<void>; forget(): Promise<void>; export(): Uint8Array; import(b: Uint8Array): void; }
export class Listener { next(): Promise<string|undefined>; free(): void }
