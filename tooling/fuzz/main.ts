import { parseArgs } from "node:util";
import { campaign, TARGETS } from "./campaign.ts";

const { values } = parseArgs({
	options: {
		seed: { type: "string", default: "1" },
		count: { type: "string", default: "300" },
		from: { type: "string", default: "0" },
		only: { type: "string" },
	},
});
const [seed, count, from] = [Number(values.seed), Number(values.count), Number(values.from)];
const chosen = TARGETS.filter((name) => values.only === undefined || name === values.only);
if (chosen.length === 0) throw new Error(`no target ${values.only}: there are ${TARGETS.join(", ")}`);
for (const name of chosen) {
	const { read, refused, failures, longest, memory } = await campaign(name, seed, from, from + count);
	const size = `${Math.round(longest)} ms at most, ${Math.round(memory / 1e6)} MB more at most`;
	console.log(`${name}: ${read} read, ${refused} refused, ${failures.length} failed; ${size}`);
	for (const { file, text } of failures) {
		console.log(
			`  pnpm fuzz --only ${name} --seed ${seed} --from ${file} --count 1\n    ${text.split("\n").slice(0, 4).join("\n    ")}`,
		);
	}
	if (failures.length > 0) process.exitCode = 1;
}
