// Opening a checkpoint on this side, in a process of its own: load.ts FOLDER THREADS float32|int8 load
import { join } from "node:path";
import { StableDiffusion } from "../../../packages/pipelines-sd/src/index.ts";
import { float32 } from "../../../packages/tensor/src/index.ts";
import { folder, input, kind, serve, threads } from "./serve.ts";

/** `open` leaves weights mapped until they are used, `sessions` makes all sessions, `step` runs a first step. */
await serve(async (name) => {
	const sd = await StableDiffusion.fromPretrained(join(folder, "sd15"), { threads, dtype: kind as "float32" | "int8" });
	if (name === "sessions") {
		await sd.encodePrompt("");
		await sd.vae.decode(float32(new Float32Array(4), [1, 4, 1, 1]));
	}
	if (name === "open") return undefined;
	const sample = input("sample", 2, 4, 64, 64);
	return sd.denoiser.predict({ sample, timestep: 501, encoderHiddenStates: input("condition", 2, 77, 768) });
});
