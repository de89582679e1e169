// What the browser keeps for this judge and project: answers not yet acknowledged, and the questions held.

/**
 * @typedef {import("./wire.js").Answer} Answer
 * @typedef {import("./wire.js").Leased} Leased
 * @typedef {{key: string, order: number, answer: Answer, question: Leased}} Kept
 */

const KEPT = "answers";
const HELD = "questions";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Storage {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** Open what is kept under a name; one name a judge and project, so that two judges on one machine stay apart.
   * @param {string} name */
  static async open(name) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(KEPT, { keyPath: "key" });
      request.result.createObjectStore(HELD, { keyPath: "lease" });
    };
    return new Storage(await done(request));
  }

  /** Keep an answer: on disk when the promise is fulfilled. @param {Kept} kept @returns {Promise<void>} */
  keep(kept) {
    return this.#write(KEPT, (store) => store.put(kept));
  }

  /** @param {string[]} keys @returns {Promise<void>} */
  forget(keys) {
    return this.#write(KEPT, (store) => keys.forEach((key) => store.delete(key)));
  }

  /** The answers not yet acknowledged, oldest first. @returns {Promise<Kept[]>} */
  async kept() {
    const all = await done(this.database.transaction(KEPT).objectStore(KEPT).getAll());
    return all.sort((/** @type {Kept} */ a, /** @type {Kept} */ b) => a.order - b.order);
  }

  /** Keep the questions held, in place of those kept before. @param {Leased[]} questions @returns {Promise<void>} */
  hold(questions) {
    return this.#write(HELD, (store) => {
      store.clear();
      questions.forEach((question) => store.put(question));
    });
  }

  /** @returns {Promise<Leased[]>} */
  held() {
    return done(this.database.transaction(HELD).objectStore(HELD).getAll());
  }

  /** @param {string} name @param {(store: IDBObjectStore) => void} change @returns {Promise<void>} */
  #write(name, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(name, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore(name));
    });
  }
}
