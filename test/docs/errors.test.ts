import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

// Oracle: the codes as their types list them.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

function codesOf(path: string, type: string): string[] {
	const [, union = ""] = new RegExp(`type ${type} =([^;]*);`).exec(read(path)) ?? [];
	return Array.from(union.matchAll(/"([^"]+)"/g), ([, code]) => code!);
}

test("the page of errors has a heading for each code, and for no other", () => {
	const errors = codesOf("packages/tensor/src/errors.ts", "ErrorCode");
	// The code of an error has the anchor.
	const warnings = codesOf("packages/tensor/src/warning.ts", "WarningCode").map((code) =>
		errors.includes(code) ? `${code}-forms` : code,
	);
	const headings = Array.from(read("docs/errors.md").matchAll(/^### (.+)$/gm), ([, heading]) => heading);
	expect(errors.length).toBeGreaterThan(0);
	expect(warnings.length).toBeGreaterThan(0);
	expect(headings.sort()).toEqual([...errors, ...warnings].sort());
});
