/* SPDX-License-Identifier: Apache-2.0 */
/* Files out of the browser. */
export function saveFile(file: Blob, name: string): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
