import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const roots: string[] = [];
afterAll(async () => {
	for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

/** A folder with these files, in the system's for temporary ones or another, which is gone after the tests. */
export async function folderOf(
	files: Readonly<Record<string, string | Uint8Array>> = {},
	place = tmpdir(),
): Promise<string> {
	const root = await mkdtemp(join(place, "drum-test-"));
	roots.push(root);
	for (const [path, content] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), content);
	}
	return root;
}
