import { availableParallelism } from "node:os";
import { DeviceError } from "@drum/tensor";

/** What `engines` asks for, where npm only warns. */
const OLDEST = [22, 12] as const;

/** @throws DeviceError on a Node.js that lacks what is used here, which would fail much later and by a strange name. */
export function checkPlatform(version = process.versions.node): void {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
	throw new DeviceError({
		what: "Node.js",
		expected: `version ${OLDEST.join(".")} or later`,
		found: version,
		next: "Install a current Node.js",
	});
}

/** Threads of one operator. */
export function defaultThreads(): number {
	return availableParallelism();
}
