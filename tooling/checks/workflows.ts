import { report } from "./report.ts";
import { find, read } from "./sources.ts";

/** A tag can be moved, a commit cannot: `actions/checkout@<commit> # v7.0.1`. */
const PINNED = /^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

const { packageManager } = JSON.parse(read("package.json")) as { packageManager: string };

const findings: string[] = [];
for (const path of [".ci/run", ...find(".github/workflows/*.yml")]) {
	const text = read(path);
	for (const [, action = ""] of text.matchAll(/uses: (.+)$/gm))
		if (!PINNED.test(action)) findings.push(`${path}: ${action} is not pinned as <action>@<commit> # v<version>`);
	for (const step of text.split(/^ +- /m))
		if (step.startsWith("uses: actions/checkout@") && !step.includes("persist-credentials: false"))
			findings.push(`${path}: a checkout without "persist-credentials: false"`);
	for (const [, pnpm = ""] of text.matchAll(/\b(?<!\$)(pnpm@[\w.-]+)/g))
		if (pnpm !== packageManager) findings.push(`${path}: ${pnpm} is not package.json's ${packageManager}`);
	if (/npx --yes pnpm\b(?!@)/.test(text)) findings.push(`${path}: pnpm without a version`);
	if (/\bsecrets\.(?!GITHUB_TOKEN\b)/.test(text)) findings.push(`${path}: a secret is used; nothing here needs one`);
}

report("workflows", findings);
