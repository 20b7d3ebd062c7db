import { type FileHandle, open } from "node:fs/promises";

/** Ends this process, as kill -9 does, when a file was written for the `nth` time and is about to be brought to the disk. */
export async function killAtSync(nth: number): Promise<void> {
	const own = await open(process.argv[1]!);
	const files = Object.getPrototypeOf(own) as FileHandle;
	await own.close();
	const { sync } = files;
	let written = 0;
	files.sync = function (this: FileHandle) {
		if (++written === nth) process.kill(process.pid, "SIGKILL");
		return sync.call(this);
	};
}
