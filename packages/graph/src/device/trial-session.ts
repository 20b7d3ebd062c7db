import type { Device } from "../device.ts";
import type { BuiltGraph } from "../graph.ts";
import { placeModel } from "../runtime/place-model.ts";
import { defaultThreads } from "../runtime/platform.ts";
import { newSession, runtimeOf } from "../runtime/runtimes.ts";

/** A session of ONNX Runtime's alone: `Session` itself waits for the trial. */
export async function load(built: BuiltGraph, device: Device, nothingElse: boolean): Promise<number> {
	const session = newSession();
	const threads = defaultThreads();
	const placed = await placeModel(built, device);
	await runtimeOf(device).ask({
		call: "create",
		session,
		...placed,
		optimize: built.folds,
		device,
		threads,
		nothingElse,
	});
	return session;
}
