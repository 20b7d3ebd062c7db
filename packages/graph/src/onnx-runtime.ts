import { DeviceError } from "@drum/tensor";
import { findPackage } from "@drum/tensor/node";

const NAME = "onnxruntime-node";
const ARCHIVE = /[\\/][^\\/]+\.(?:asar|zip)[\\/]/;
const ENVIRONMENTS = "https://github.com/drum-js/drum/blob/main/docs/environments.md";

/** ONNX Runtime, or the worker that runs it, could not be started: nothing of the model was looked at. */
export class NotStarted extends Error {}

/** Path of ONNX Runtime's entry, which the worker loads: it has native libraries, so that no bundle can hold it. */
export function findOnnxRuntime(): string {
	try {
		return findPackage(NAME, import.meta.url);
	} catch (cause) {
		throw new NotStarted(`no package ${NAME}`, { cause });
	}
}

/** What to tell of a runtime that did not start. */
export function startError({ message, cause }: NotStarted, path: string | undefined): DeviceError {
	return new DeviceError({ what: "ONNX Runtime could not be started", found: message, next: mend(path), cause });
}

function mend(path: string | undefined): string {
	if (path === undefined)
		return `Install ${NAME}, or copy it beside your bundle: it cannot be bundled (${ENVIRONMENTS})`;
	if (ARCHIVE.test(path)) return `The system loads no native library from an archive: unpack ${NAME} (${ENVIRONMENTS})`;
	if (isMusl())
		return `Alpine and other systems of musl have no ONNX Runtime: use one of glibc, such as node:24-slim (${ENVIRONMENTS})`;
	return `See that the whole folder of ${NAME} is there, its bin/ among it, as npm installed it for this system (${ENVIRONMENTS})`;
}

function isMusl(): boolean {
	if (process.platform !== "linux") return false;
	const report = process.report?.getReport() as { header: { glibcVersionRuntime?: string } } | undefined;
	return report !== undefined && report.header.glibcVersionRuntime === undefined;
}

/** Whether a path leads into a file that packs others, of which Node.js can read, but not ONNX Runtime. */
export function inArchive(path: string): boolean {
	return ARCHIVE.test(path.endsWith("/") ? path : `${path}/`);
}
