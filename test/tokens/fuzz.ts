import { parseArgs } from "node:util";
import { encodeForm } from "./encode.ts";
import { formsOf } from "./forms.ts";
import { marksOf, readMarks, writeMarks } from "./marks.ts";
import { awkwardPrompts } from "./prompts.ts";
import { encodeByTransformers, findPython } from "./transformers.ts";

// pnpm fuzz:tokens: prompts of a seed through every form of tokenizer, compared with transformers where a Python has it, else with
// what it gave for the committed prompts.

const USAGE = `pnpm fuzz:tokens [--count 2000] [--seed 1] [--only text] [--clip FOLDER] [--t5 FOLDER] [--write]

  --only   forms whose name has this text
  --clip, --t5   folders of other tokenizers to make the forms of: vocab.json and merges.txt; tokenizer.json and spiece.model
  --write  keeps what transformers gives as the numbers to compare with
  PYTHON   in the environment: a Python with transformers and diffusers; default python3 where it has them`;

const { values } = parseArgs({
	options: {
		count: { type: "string", default: "2000" },
		seed: { type: "string", default: "1" },
		only: { type: "string", default: "" },
		clip: { type: "string" },
		t5: { type: "string" },
		write: { type: "boolean", default: false },
		help: { type: "boolean", default: false },
	},
	args: process.argv.slice(2).filter((argument) => argument !== "--"),
});

function main(): void {
	const [count, seed] = [Number(values.count), Number(values.seed)];
	const forms = formsOf(values.clip, values.t5).filter(({ name }) => name.includes(values.only));
	const prompts = awkwardPrompts(seed, count);
	const python = findPython();
	const kept = readMarks();
	if (!python && (values.write || values.clip || values.t5 || seed !== kept.seed || count > kept.count)) {
		const most = `--seed ${kept.seed} and at most --count ${kept.count}`;
		console.error(`Without a Python that has transformers only the committed numbers can be compared with: ${most}`);
		process.exitCode = 2;
		return;
	}
	const made: Record<string, Uint16Array> = {};
	let failed = 0;
	for (const form of forms) {
		const oracle = python ? encodeByTransformers(python, form, prompts) : undefined;
		const expected = oracle ? marksOf(oracle) : kept.forms[form.name]!;
		made[form.name] = expected;
		const ours = encodeForm(form, prompts);
		const marks = marksOf(ours);
		const differ = [...prompts.keys()].filter((row) => marks[row] !== expected[row]);
		for (const row of differ.slice(0, 3)) {
			console.log(`  ${JSON.stringify(prompts[row])}`);
			console.log(`    here          ${ours.ids[row]!.join(" ")} ${JSON.stringify(ours.overflow[row])}`);
			if (oracle)
				console.log(`    transformers  ${oracle.ids[row]!.join(" ")} ${JSON.stringify(oracle.overflow[row])}`);
		}
		failed += differ.length;
		console.log(`${form.name.padEnd(34)} ${count} prompts, ${differ.length} differ`);
	}
	if (values.write) writeMarks({ seed, count, forms: made });
	console.log(`tokens: ${forms.length} forms by ${python ?? "committed numbers"}, ${failed} prompts differ`);
	process.exitCode = failed > 0 || forms.length === 0 ? 1 : 0;
}

if (values.help) console.log(USAGE);
else main();
