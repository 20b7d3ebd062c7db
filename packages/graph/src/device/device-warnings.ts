import { loadPart, type Warning } from "@drum/tensor";
import type { DeviceTrial } from "../check-device.ts";
import { isProcessor } from "../device.ts";

/** What a user of a device has to know of its trial; nothing of the processor. */
export async function deviceWarnings(trial: DeviceTrial): Promise<Warning[]> {
	if (isProcessor(trial.device)) return [];
	const { warningsOf } = await loadPart(() => import("./warnings-of.ts"));
	return warningsOf(trial);
}
