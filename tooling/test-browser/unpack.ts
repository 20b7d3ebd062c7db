import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A headless Chromium and what it needs beside it: libraries, and a font. */
export interface UnpackedChromium {
	folder: string;
	program: string;
	env: Record<string, string>;
}

/**
 * Chromium of the npm package, unpacked once; undefined where it has none for this system. It is made for servers that have
 * only the C library, and so runs on any Linux.
 */
export async function unpackChromium(): Promise<UnpackedChromium | undefined> {
	if (process.platform !== "linux" || process.arch !== "x64") return undefined;
	const source = dirname(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")));
	const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { version: string };
	const cache = join(import.meta.dirname, "node_modules/.cache");
	const folder = join(cache, `chromium-${version}`);
	if (!existsSync(folder)) {
		await mkdir(cache, { recursive: true });
		await unpack(join(source, "bin"), folder);
	}
	return {
		folder,
		program: join(folder, "chromium"),
		env: { LD_LIBRARY_PATH: join(folder, "al2023/lib"), FONTCONFIG_FILE: join(folder, "fonts.conf") },
	};
}

/** All at once, so that of several processes each sees it whole or not at all. */
async function unpack(packed: string, folder: string): Promise<void> {
	const temporary = await mkdtemp(`${folder}-new-`);
	const { TMPDIR } = process.env;
	try {
		// The package unpacks into the system's folder of temporary files.
		process.env.TMPDIR = temporary;
		const { inflate } = await import("@sparticuz/chromium");
		for (const name of await readdir(packed)) await inflate(join(packed, name));
		await writeFile(join(temporary, "fonts.conf"), fontSettings(folder));
		await rename(temporary, folder).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "EEXIST" && error.code !== "ENOTEMPTY") throw error;
		});
	} finally {
		if (TMPDIR === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = TMPDIR;
		await rm(temporary, { recursive: true, force: true });
	}
}

/** The system's fonts, where it has any, and the package's own. */
function fontSettings(folder: string): string {
	return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
	<dir>/usr/share/fonts</dir>
	<dir>${folder}/fonts</dir>
	<cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
