import type { Workspace } from "@drum/demo/test/workspace";

/** The bytes of each picture that is shown, as it would be saved. */
export async function picturesOf({ page, pictures }: Workspace): Promise<Uint8Array[]> {
	const links = await pictures.getByRole("link", { name: /^Save/ }).all();
	const urls = await Promise.all(links.map((link) => link.getAttribute("href")));
	return Promise.all(
		urls.map(async (url) => {
			const read = `fetch(${JSON.stringify(url)}).then((answer) => answer.arrayBuffer()).then((bytes) => [...new Uint8Array(bytes)])`;
			return Uint8Array.from(await page.evaluate<number[]>(read));
		}),
	);
}

/** The open history, as its file has it. */
export async function historyOf({ page }: Workspace): Promise<{ prompt: string; intensity: number }[]> {
	return page.evaluate(`new Promise((resolve, reject) => {
		const opening = indexedDB.open("drum");
		opening.onerror = () => reject(opening.error);
		opening.onsuccess = () => {
			const all = opening.result.transaction("histories").objectStore("histories").getAll();
			all.onsuccess = () => resolve(all.result[0].entries.map(({ prompt, intensity }) => ({ prompt, intensity })));
		};
	})`);
}
