// Files that were dropped or chosen, with the folders they lie in.

// [{name: "folder/a.jpg", file}], of all that was dropped.
export async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() || item.getAsFile());
  const found = [];
  for (const item of items) {
    if (item instanceof File) found.push({ name: item.name, file: item }); // of a browser that tells no folders
    else await walk(item, "", found);
  }
  return found;
}

export const chosen = (input) => [...input.files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

async function walk(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ name: folder + file.name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return;
    for (const each of some) await walk(each, `${folder}${entry.name}/`, found);
  }
}
