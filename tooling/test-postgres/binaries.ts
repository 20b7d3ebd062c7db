import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";

/** Debian keeps each version's programs apart, out of the path. */
const DEBIAN = "/usr/lib/postgresql/*/bin";

/** The folder of Postgres's programs, of the newest version that has pgvector. */
export function findBinaries(): string {
	const newestFirst = globSync(DEBIAN).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
	const found = [...newestFirst, ask("pg_config", "--bindir")].filter(
		(folder): folder is string => folder !== undefined && existsSync(join(folder, "initdb")),
	);
	const whole = found.find(hasVector);
	if (whole === undefined) {
		const missing = found.length === 0 ? "no Postgres" : `no pgvector beside the Postgres of ${found.join(", ")}`;
		throw new Error(
			`${missing}: the tests of the database need both. On Debian and Ubuntu tooling/test-postgres/install.sh installs them; ` +
				"elsewhere install PostgreSQL 15 or later and pgvector, with pg_config in the path",
		);
	}
	return whole;
}

function hasVector(folder: string): boolean {
	const shared = ask(join(folder, "pg_config"), "--sharedir");
	return shared !== undefined && existsSync(join(shared, "extension/vector.control"));
}

function ask(program: string, question: string): string | undefined {
	try {
		return execFileSync(program, [question], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		return undefined;
	}
}
