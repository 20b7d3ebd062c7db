import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Encoded } from "./encode.ts";
import type { Form } from "./forms.ts";

/** A Python that has transformers and diffusers: PYTHON's, or else python3. */
export function findPython(): string | undefined {
	const python = process.env.PYTHON ?? "python3";
	const { status } = spawnSync(python, ["-c", "import diffusers, transformers"], { stdio: "ignore" });
	return status === 0 ? python : undefined;
}

/** What transformers and diffusers make of prompts. */
export function encodeByTransformers(python: string, form: Form, prompts: readonly string[]): Encoded {
	const folder = mkdtempSync(join(tmpdir(), "tokens-"));
	try {
		mkdirSync(join(folder, "tokenizer"));
		for (const [name, content] of Object.entries(form.files)) writeFileSync(join(folder, "tokenizer", name), content);
		const job = { folder: join(folder, "tokenizer"), kind: form.kind, tokens: form.tokens };
		// Python's strings hold half surrogate pairs, which the tokenizers refuse.
		const whole = prompts.map((prompt) => prompt.toWellFormed());
		writeFileSync(join(folder, "job.json"), JSON.stringify({ ...job, prompts: whole }));
		const script = fileURLToPath(new URL("encode.py", import.meta.url));
		const answer = spawnSync(python, [script, join(folder, "job.json")], { encoding: "utf8", maxBuffer: 2 ** 30 });
		if (answer.status !== 0) throw new Error(`${form.name}: ${answer.stderr}`);
		return JSON.parse(answer.stdout) as Encoded;
	} finally {
		rmSync(folder, { recursive: true });
	}
}
