import { type FileHandle, open } from "node:fs/promises";

/**
 * Ends this process, as kill -9 does, when a file was written for the `nth` time and is about to be brought to the disk: at the end of
 * a handle's `writeFile`, or where a handle's `sync` begins, which is what `appendFile` calls.
 */
export async function killAtSync(nth: number): Promise<void> {
	const own = await open(process.argv[1]!);
	const files = Object.getPrototypeOf(own) as FileHandle;
	await own.close();
	const { sync, writeFile } = files;
	let written = 0;
	const count = () => {
		if (++written === nth) process.kill(process.pid, "SIGKILL");
	};
	files.sync = function (this: FileHandle) {
		count();
		return sync.call(this);
	};
	files.writeFile = async function (this: FileHandle, ...args: Parameters<FileHandle["writeFile"]>) {
		await writeFile.apply(this, args);
		count();
	};
}
