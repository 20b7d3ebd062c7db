interface FileProgress {
	file: string;
	loaded: number;
	total: number;
}

/** Turns the progress of single files into that of all together, in bytes; `done` never falls. */
export function allFiles(onDownload: (done: number, total: number) => void): (progress: FileProgress) => void {
	const files = new Map<string, FileProgress>();
	return (progress) => {
		files.set(progress.file, progress);
		let [done, total] = [0, 0];
		for (const each of files.values()) {
			done += each.loaded;
			total += each.total;
		}
		onDownload(done, total);
	};
}
