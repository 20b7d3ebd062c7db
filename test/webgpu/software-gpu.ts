import { setRuntimeApart } from "@drum/graph";
import { findSoftwareGpu } from "@drum/test-browser";

/** Gives this process's runtime a GPU in software. A process looks for drivers when it starts, so models run in one of their own. */
export async function startSoftwareGpu(): Promise<void> {
	Object.assign(process.env, await findSoftwareGpu());
	setRuntimeApart();
}
