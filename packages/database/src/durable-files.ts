import { closeSync, fsyncSync, openSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

type Start = Parameters<NodeFS["init"]>[1];
type Wasm = Parameters<NonNullable<Start["preRun"]>[number]>[0];

/** What Emscripten's NODEFS keeps of an open file or folder, as far as it is needed here; its types leave it out. */
interface OpenFile {
	/** Node's file descriptor; a folder has none. */
	nfd?: number;
	node: object;
}
interface NodeFiles {
	stream_ops: { fsync?: (stream: OpenFile) => number };
	node_ops: {
		/** Makes a file or a folder. */
		mknod(parent: object, name: string, mode: number, device: number): object;
		setattr(node: object, attributes: { mode?: number }): void;
	};
	realPath(node: object): string;
	/** Makes Node's error Emscripten's, which Postgres gets as `errno`. */
	tryFSOperation<T>(operation: () => T): T;
}

/** Of a file's mode what is for others than its owner. */
const OTHERS = 0o077;

/**
 * Arguments that start the embedded Postgres with `fsync` on. PGlite's own turn it off, and of the ways to bring the
 * write-ahead log to the disk this one alone does so: Emscripten's `fdatasync` does nothing.
 */
export const DURABLE_START = [
	...PGlite.defaultStartParams.filter((param) => param !== "-F"),
	"-c",
	"wal_sync_method=fsync",
];

/** A folder for PGlite in which Postgres's `fsync` reaches the disk, and the disk's errors reach Postgres. */
export class DurableFiles extends NodeFS {
	readonly #onAbort: () => void;

	constructor(folder: string, onAbort: () => void) {
		super(folder);
		this.#onAbort = onAbort;
	}

	override async init(pglite: PGlite, start: Start): ReturnType<NodeFS["init"]> {
		const { emscriptenOpts } = await super.init(pglite, start);
		const more = {
			preRun: [...(emscriptenOpts.preRun ?? []), addFsync, keepPrivate],
			onAbort: this.#onAbort,
			// Emscripten's own sets the exit code of the whole process, to 0 when the database is closed.
			quit: (_status: number, thrown: unknown) => {
				throw thrown;
			},
		};
		return { emscriptenOpts: { ...emscriptenOpts, ...more } as typeof emscriptenOpts };
	}
}

function nodeFiles({ FS }: Wasm): NodeFiles {
	return (FS as unknown as { filesystems: { NODEFS: NodeFiles } }).filesystems.NODEFS;
}

function addFsync(wasm: Wasm): void {
	const files = nodeFiles(wasm);
	files.stream_ops.fsync = ({ nfd, node }) => {
		files.tryFSOperation(() => (nfd === undefined ? fsyncFolder(files.realPath(node)) : fsyncSync(nfd)));
		return 0;
	};
}

/** Postgres sets a umask so that its files are its user's alone; Emscripten does not heed that. */
function keepPrivate(wasm: Wasm): void {
	const { node_ops } = nodeFiles(wasm);
	const { mknod, setattr } = node_ops;
	node_ops.mknod = (parent, name, mode, device) => mknod(parent, name, mode & ~OTHERS, device);
	node_ops.setattr = (node, { mode, ...others }) =>
		setattr(node, mode === undefined ? others : { ...others, mode: mode & ~OTHERS });
}

/** Brings a folder's list of files to the disk. Windows cannot open one; its file system keeps a log of its own. */
export function fsyncFolder(path: string): void {
	if (process.platform !== "win32") fsync(path, "r");
}

export function fsyncFile(path: string): void {
	fsync(path, "r+");
}

function fsync(path: string, flags: string): void {
	const descriptor = openSync(path, flags);
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
