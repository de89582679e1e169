// Dropping files or a folder, and how much has been sent. The form works without this.

/** @typedef {{file: File, name: string}} Named */

const form = document.querySelector("form[data-bring]");

/**
 * Return the files below a dropped entry, each with its path.
 * @param {FileSystemEntry} entry
 * @returns {Promise<Named[]>}
 */
async function below(entry) {
  if (entry.isFile) {
    const file = await new Promise((good, bad) => /** @type {FileSystemFileEntry} */ (entry).file(good, bad));
    return [{ file, name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Named[]} */
  const found = [];
  for (;;) {
    // a folder is read some entries at a time, until there are none
    const some = await new Promise((good, bad) => reader.readEntries(good, bad));
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await below(one)));
  }
}

/**
 * Send files with the other fields of the form, showing how much has gone.
 * @param {HTMLFormElement} target
 * @param {Named[]} files
 */
function send(target, files) {
  const data = new FormData();
  for (const [name, value] of new FormData(target)) if (typeof value === "string") data.append(name, value);
  for (const { file, name } of files) data.append("files", file, name);
  const box = target.querySelector("[data-progress]");
  const bar = target.querySelector("progress");
  const said = target.querySelector("[data-said]");
  if (!(box instanceof HTMLElement) || !bar || !said) return;
  box.hidden = false;
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
    said.textContent = `${files.length} ${files.length === 1 ? "file" : "files"}, ${Math.round(bar.value)} % sent`;
  });
  request.addEventListener("load", () => {
    if (request.status < 400) {
      location.assign(request.responseURL);
      return;
    }
    const told = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    said.textContent = told?.textContent?.trim().replace(/\s+/g, " ") ?? `The server answered ${request.status}.`;
  });
  request.addEventListener("error", () => (said.textContent = "The server could not be reached. Nothing was kept."));
  request.open("POST", target.action);
  request.send(data);
}

if (form instanceof HTMLFormElement) {
  for (const part of form.querySelectorAll("[data-with-script]")) if (part instanceof HTMLElement) part.hidden = false;
  const drop = form.querySelector("[data-drop]");
  const folder = form.querySelector("[data-folder]");
  const chosen = form.querySelector("input[name=files]");

  form.addEventListener("submit", (event) => {
    if (!(chosen instanceof HTMLInputElement) || !chosen.files?.length) return;
    event.preventDefault();
    send(form, [...chosen.files].map((file) => ({ file, name: file.name })));
  });
  folder?.addEventListener("change", () => {
    if (!(folder instanceof HTMLInputElement) || !folder.files?.length) return;
    send(form, [...folder.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
  });
  drop?.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop?.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop?.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const dropped = /** @type {DragEvent} */ (event).dataTransfer;
    const plain = [...(dropped?.files ?? [])].map((file) => ({ file, name: file.name }));
    const entries = [...(dropped?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    const files = entries.length ? (await Promise.all(entries.map(below))).flat() : plain;
    if (files.length) send(form, files);
  });
}

export {};
