import type { DeviceTrial, TriedOperator } from "@drum/graph";
import { Argument, type Command } from "commander";
import { DEVICES } from "../options/model.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { jsonText, printable, table } from "../printable.ts";
import type { Surroundings } from "../surroundings.ts";

export function addDevice(program: Command, { stdout }: Surroundings): void {
	const command = program
		.command("device")
		.description(
			"test a device with small computations whose results are known, and show how each of them is run on it",
		)
		.addArgument(new Argument("<name>", "the device, as for --device").choices(Object.keys(DEVICES)));
	addOutput(command)
		.addHelpText("after", EXAMPLES)
		.action(async (name: keyof typeof DEVICES, { json }: OutputOptions) => {
			const { checkDevice } = await import("@drum/graph");
			const { replaced, ...trial } = await checkDevice(name);
			stdout.write(json ? jsonText(trial) : trialText(trial));
		});
}

/** A trial for the eye: a line for each operator, and why something is not the device's own. */
export function trialText({ device, float16, float16Refused, operators }: Omit<DeviceTrial, "replaced">): string {
	if (device === "cpu") return "cpu: computes in float32, and is what other devices are compared with\n";
	const half = float16
		? "and in half precision for weights stored that way"
		: `not in half precision: ${printable(float16Refused!)}`;
	const cell = (tried: TriedOperator | undefined) => {
		if (!tried) return "not tried";
		if (tried.form === "none") return "wrong";
		return `${tried.form === "own" ? "" : `${tried.form}, `}within ${tried.difference.toExponential(0)}`;
	};
	const names = [...new Set(operators.map(({ operator }) => operator))];
	const of = (name: string, precision: string) =>
		operators.find((tried) => tried.operator === name && tried.precision === precision);
	const rows = names.map((name) => [name, cell(of(name, "float32")), cell(of(name, "float16"))]);
	const reasons = operators.flatMap(({ operator, precision, because }) =>
		because === undefined ? [] : [`${operator} in ${precision}: ${printable(because)}\n`],
	);
	return `${device}: correct in float32, ${half}\n${table([["operator", "float32", "float16"], ...rows])}${reasons.join("")}`;
}

const EXAMPLES = `
Examples:
  drum device webgpu
  drum device cuda --json

"plain": other operators are used instead. "cpu": it runs on the CPU. Numbers are the largest difference, relative to the largest result.
`;
