import { DeviceError } from "@drum/tensor";
import { findPackage } from "@drum/tensor/node";
import type { Device } from "../device.ts";
import { NotStarted } from "./host.ts";
import type { Weights } from "./session-protocol.ts";

const NAME = "onnxruntime-node";
const ARCHIVE = /[\\/][^\\/]+\.(?:asar|zip)[\\/]/;
const ENVIRONMENTS = "https://github.com/drum-js/drum/blob/main/docs/environments.md";

let found: string | undefined;

/** Path of ONNX Runtime's entry, which the worker loads: it has native libraries, so that no bundle can hold it. */
export function findOnnxRuntime(): string {
	try {
		found ??= findPackage(NAME, import.meta.url);
		return found;
	} catch (cause) {
		throw new NotStarted(`no package ${NAME}`, { cause });
	}
}

/** What to tell of a runtime that did not start. */
export function startError({ message, cause }: NotStarted): DeviceError {
	return new DeviceError({ what: "ONNX Runtime could not be started", found: message, next: mend(found), cause });
}

function mend(path: string | undefined): string {
	if (path === undefined)
		return `Install ${NAME}, or copy it next to your bundle: it cannot be bundled (${ENVIRONMENTS})`;
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

/** What to do where a model was not loaded. */
export function adviceOn(device: Device, weights: Weights | undefined): string {
	if (weights && "folder" in weights && inArchive(weights.folder))
		return `ONNX Runtime reads weights itself, and cannot inside an archive: unpack ${weights.folder}`;
	if (device !== "cpu") return 'Use device "cpu", or install what the device needs';
	return "Check that the checkpoint's files are whole";
}

/** Whether a path leads into a file that packs others, of which Node.js can read, but not ONNX Runtime. */
function inArchive(path: string): boolean {
	return ARCHIVE.test(path.endsWith("/") ? path : `${path}/`);
}
