/* tslint:disable */
/* eslint-disable */

/**
 * The client of this origin, in the worker that owns it.
 */
export class Core {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Carries out a call, in JSON, with the blobs that it speaks of. What it gives is JSON in a string,
     * or a blob. A download ends when the signal says so.
     *
     * # Errors
     * `locked` as long as no home is open; those of the call.
     */
    call(call: string, blobs: Array<any>, signal: AbortSignal): Promise<any>;
    /**
     * Opens the home with its storage key, and goes online. Gives `{me, phrase_unseen}`.
     *
     * # Errors
     * `no_account` with an empty home, `wrong_passphrase`, `damaged_home`, `newer_version`, `storage`.
     */
    enter(key: Uint8Array | number[]): Promise<string>;
    /**
     * The bytes of the home's database, sealed as they lie there, while no home is open.
     *
     * # Errors
     * `not_found`, `home_in_use`, `storage`.
     */
    export(): Uint8Array;
    /**
     * Closes the home and removes everything in it.
     *
     * # Errors
     * `storage`.
     */
    forget(): Promise<void>;
    /**
     * The network may be back: connections are tried now. Without an open home there are none.
     */
    hurry(): Promise<void>;
    /**
     * Puts a database in the place of a home, where there is none.
     *
     * # Errors
     * `file_exists`, `disk_full`, `storage`.
     */
    import(bytes: Uint8Array | number[]): void;
    /**
     * Says goodbye to the relay and closes the home.
     */
    leave(): Promise<void>;
    /**
     * What happens from now on.
     *
     * # Errors
     * `locked` as long as no home is open.
     */
    listen(): Listener;
    /**
     * Opens the pool of files in a folder of the origin private file system. `judge` takes a password and
     * a username, and promises what `restante_strength::is_strong` says of them.
     *
     * # Errors
     * `home_in_use`, `no_storage`, `storage`.
     */
    static open(folder: string, judge: Function): Promise<Core>;
    /**
     * A strong password to propose.
     */
    propose_password(): string;
    /**
     * Registers, signs in, or resets the password and signs in, with the storage key of the new home.
     * Gives `{me, phrase_unseen, resumed}`.
     *
     * # Errors
     * Those of each.
     */
    start(key: Uint8Array | number[], how: string): Promise<string>;
    /**
     * Whether a registration or sign-in was begun here and not finished.
     */
    unfinished(): boolean;
}

/**
 * What happens, from the moment of asking.
 */
export class Listener {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The next events, as a JSON array; none once the client has ended.
     */
    next(): Promise<string | undefined>;
}

/**
 * The key that a passphrase and a salt give, to wrap a storage key with.
 *
 * # Errors
 * `bad_input`.
 */
export function key_of_passphrase(passphrase: string, salt: Uint8Array | number[]): Uint8Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_core_free: (a: number, b: number) => void;
    readonly __wbg_listener_free: (a: number, b: number) => void;
    readonly core_call: (a: number, b: number, c: number, d: any, e: any) => any;
    readonly core_enter: (a: number, b: number, c: number) => any;
    readonly core_export: (a: number) => [number, number, number, number];
    readonly core_forget: (a: number) => any;
    readonly core_hurry: (a: number) => any;
    readonly core_import: (a: number, b: number, c: number) => [number, number];
    readonly core_leave: (a: number) => any;
    readonly core_listen: (a: number) => [number, number, number];
    readonly core_open: (a: number, b: number, c: any) => any;
    readonly core_propose_password: (a: number) => [number, number];
    readonly core_start: (a: number, b: number, c: number, d: number, e: number) => any;
    readonly core_unfinished: (a: number) => number;
    readonly key_of_passphrase: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly listener_next: (a: number) => any;
    readonly rust_sqlite_wasm_host_sleep: (a: bigint, b: number) => void;
    readonly rust_sqlite_wasm_host_random: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_host_epoch_timestamp_in_ms: (a: number) => number;
    readonly rust_sqlite_wasm_abort: () => void;
    readonly rust_sqlite_wasm_assert_fail: (a: number, b: number, c: number, d: number) => void;
    readonly rust_sqlite_wasm_calloc: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_malloc: (a: number) => number;
    readonly rust_sqlite_wasm_free: (a: number) => void;
    readonly rust_sqlite_wasm_getentropy: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_host_fill_entropy: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_host_localtime: (a: bigint, b: number) => number;
    readonly rust_sqlite_wasm_localtime: (a: number) => number;
    readonly rust_sqlite_wasm_realloc: (a: number, b: number) => number;
    readonly sqlite3_os_end: () => number;
    readonly sqlite3_os_init: () => number;
    readonly wasm_bindgen__convert__closures_____invoke__h034a17831a568da4: (a: number, b: number, c: any, d: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__h9714c47147c94e01: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h210bae708fff8bb4: (a: number, b: number, c: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__h6bff36814afa6375: (a: number, b: number) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __wbindgen_destroy_closure: (a: number, b: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
