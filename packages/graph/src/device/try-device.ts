import { DeviceError } from "@drum/tensor";
import type { Device } from "../device.ts";
import type { Replaced } from "./plain-forms.ts";
import type { TriedOperator } from "./tried-operator.ts";
import { tryOperators } from "./try-operators.ts";

/** What was found of a device: see `DeviceTrial`. */
export interface FoundOfDevice {
	readonly float16: boolean;
	readonly float16Refused?: string;
	readonly operators: readonly TriedOperator[];
	readonly replaced: Replaced;
}

/** Tries all operators, in float32 and in half precision, which a device may not have. */
export async function tryDevice(device: Device): Promise<FoundOfDevice> {
	const operators = await tryOperators(device, "float32");
	let refused: DeviceError | undefined;
	const half = await tryOperators(device, "float16").catch((error: unknown) => {
		if (!(error instanceof DeviceError)) throw error;
		refused = error;
		return [];
	});
	const all = [...operators, ...half];
	const replaced = new Set(
		all.filter(({ form }) => form === "plain").map(({ operator, precision }) => `${operator} ${precision}`),
	);
	if (refused) replaced.add("Gather of float16 float16");
	return {
		operators: all,
		float16: refused === undefined,
		replaced: replaced as ReadonlySet<string> as Replaced,
		...(refused && { float16Refused: `${refused.what}: ${refused.found}` }),
	};
}
