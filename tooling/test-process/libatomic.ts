import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

const LIBRARY = "libatomic.so.1";
const OF_DEBIAN = `usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const PLACES = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", `/${OF_DEBIAN}`];

/**
 * GCC's library that Node.js 26 needs on Linux and a bare system may lack: the folder of the system's, or of one that is unpacked from
 * Debian's package; "none needed" elsewhere.
 */
export async function findLibatomic(): Promise<string> {
	if (process.platform !== "linux") return "none needed";
	const own = join(tmpdir(), "drum-libatomic");
	const found = [...PLACES, join(own, OF_DEBIAN)].find((folder) => existsSync(join(folder, LIBRARY)));
	if (found !== undefined) return found;
	const next = await mkdtemp(`${own}-`);
	try {
		await execute("apt-get", ["download", "libatomic1"], { cwd: next });
		const [archive] = await readdir(next);
		await execute("dpkg-deb", ["-x", archive!, "unpacked"], { cwd: next });
		await rm(own, { recursive: true, force: true });
		await rename(join(next, "unpacked"), own);
	} catch (cause) {
		const mend = "Install it, on Debian by apt-get update && apt-get install libatomic1";
		throw new Error(`Node.js 26, which tests run too, needs ${LIBRARY}. ${mend}`, { cause });
	} finally {
		await rm(next, { recursive: true, force: true });
	}
	return join(own, OF_DEBIAN);
}
