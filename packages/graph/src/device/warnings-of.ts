import type { Warning } from "@drum/tensor";
import type { DeviceTrial } from "../check-device.ts";

/** What a user of a device has to know of its trial: what is slower there, or takes more memory, than its kind would make one think. */
export function warningsOf({ device, float16, float16Refused, operators }: DeviceTrial): Warning[] {
	const warnings: Warning[] = [];
	const warn = (message: string) => warnings.push({ code: "device", what: `device ${device}`, message });
	const attention = operators.find(({ operator, form }) => operator === "MultiHeadAttention" && form !== "own");
	if (attention) {
		const { because, precision } = attention;
		warn(
			`Its fused attention is not used in ${precision}: ${because}. Attention by plain operators is right there, and takes more ` +
				"time and memory; a newer driver may need it no longer",
		);
	}
	const elsewhere = [...new Set(operators.filter(({ form }) => form === "cpu").map(({ operator }) => operator))];
	if (elsewhere.length > 0)
		warn(`${elsewhere.join(", ")} run on the CPU, since the device has none: numbers travel there and back`);
	if (!float16)
		warn(
			`Half precision is not used (${float16Refused}): weights stored so are computed in float32, in twice their memory`,
		);
	return warnings;
}
