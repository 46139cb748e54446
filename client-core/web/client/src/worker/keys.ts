/**
 * The storage key of this browser's home: drawn once, and kept wrapped.
 *
 * Without a passphrase it is wrapped by an AES key of the browser that no script can read
 * (`extractable: false`): who copies the files of a profile has both, but no page, no extension and no
 * backup of a database alone does. With one it is wrapped by what Argon2id makes of it, and by nothing
 * else. Never does: hold a key longer than the call that needs it.
 *
 * Source: https://www.w3.org/TR/webcrypto/
 */

import { RestanteError } from "../error.js";

const DATABASE = "restante";
const STORE = "keys";
const STORAGE_KEY = "storage";

/** Whether a home was opened with the key. */
const USED = "used";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;

/** A wrapped storage key. */
type Wrapped =
  | { by: "browser"; key: CryptoKey; nonce: Uint8Array; sealed: ArrayBuffer }
  | { by: "passphrase"; salt: Uint8Array; nonce: Uint8Array; sealed: ArrayBuffer };

/** Makes a wrapping key of a passphrase: Argon2id, from the engine. */
export type Derive = (passphrase: string, salt: Uint8Array) => Uint8Array;

export class Keys {
  private constructor(
    private readonly database: IDBDatabase,
    private readonly derive: Derive,
  ) {}

  static async open(derive: Derive): Promise<Keys> {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    return new Keys(await settled(opening), derive);
  }

  /** How the key is wrapped; null where there is none. */
  async wrappedBy(): Promise<"browser" | "passphrase" | null> {
    return (await this.read())?.by ?? null;
  }

  /** The key, by the passphrase if it takes one. */
  async unwrap(passphrase?: string): Promise<Uint8Array> {
    const wrapped = await this.read();
    if (!wrapped) throw new RestanteError("no_account");
    if (wrapped.by === "passphrase" && passphrase === undefined) throw new RestanteError("locked");
    const key =
      wrapped.by === "browser" ? wrapped.key : await this.fromPassphrase(passphrase ?? "", wrapped.salt);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(gcm(wrapped.nonce), key, wrapped.sealed));
    } catch {
      throw new RestanteError("wrong_passphrase");
    }
  }

  /** Whether a home was opened with this key: one that is not there now is lost. */
  async wasUsed(): Promise<boolean> {
    const store = this.database.transaction(STORE).objectStore(STORE);
    return (await settled<unknown>(store.get(USED))) === true;
  }

  /** A home was opened with this key. */
  async markUsed(): Promise<void> {
    const store = this.database.transaction(STORE, "readwrite").objectStore(STORE);
    await settled(store.put(true, USED));
  }

  /** Draws a key, in the place of any other. */
  async create(passphrase?: string): Promise<Uint8Array> {
    await this.forget();
    const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    await this.wrap(key, passphrase ?? null);
    return key;
  }

  /** Wraps a key, and forgets how it was wrapped before. */
  async wrap(key: Uint8Array, passphrase: string | null): Promise<void> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    if (passphrase === null) {
      const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
        "encrypt",
        "decrypt",
      ]);
      const sealed = await crypto.subtle.encrypt(gcm(nonce), wrapping, plain(key));
      await this.write({ by: "browser", key: wrapping, nonce, sealed });
    } else {
      const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
      const wrapping = await this.fromPassphrase(passphrase, salt);
      const sealed = await crypto.subtle.encrypt(gcm(nonce), wrapping, plain(key));
      await this.write({ by: "passphrase", salt, nonce, sealed });
    }
  }

  /** Forgets the key: what it opened is lost. */
  async forget(): Promise<void> {
    const store = this.database.transaction(STORE, "readwrite").objectStore(STORE);
    await settled(store.clear());
  }

  private async fromPassphrase(passphrase: string, salt: Uint8Array): Promise<CryptoKey> {
    const key = this.derive(passphrase, salt);
    const imported = await crypto.subtle.importKey("raw", plain(key), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    key.fill(0);
    return imported;
  }

  private read(): Promise<Wrapped | undefined> {
    const store = this.database.transaction(STORE).objectStore(STORE);
    return settled<Wrapped | undefined>(store.get(STORAGE_KEY));
  }

  private async write(wrapped: Wrapped): Promise<void> {
    const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
    transaction.objectStore(STORE).put(wrapped, STORAGE_KEY);
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(new RestanteError("disk_full"));
    });
  }
}

function gcm(iv: Uint8Array): AesGcmParams {
  return { name: "AES-GCM", iv: plain(iv) };
}

/** The bytes as WebCrypto takes them: not shared between threads. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new RestanteError("no_storage"));
  });
}
