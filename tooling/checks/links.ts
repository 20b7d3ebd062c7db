import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { report } from "./report.ts";
import { find, ROOT, read } from "./sources.ts";

const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^[a-z][a-z+.-]*:/i;

/** The anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(page: string): Set<string> {
	const headings = read(page).matchAll(/^#{1,6} +(.+?) *$/gm);
	const slugs = Array.from(headings, ([, heading = ""]) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, "")
			.replace(/\s/g, "-"),
	);
	return new Set(slugs);
}

/** The repository's own pages by their address. */
const OWN =
	/^https:\/\/(?:github\.com\/drum-js\/drum\/(?:blob|tree)|raw\.githubusercontent\.com\/drum-js\/drum)\/main\//;
/** Shown by registries too, which have no other file. */
const PUBLISHED = /^packages\/[^/]+\/README\.md$/;

const findings: string[] = [];
for (const page of find("*.md", "{docs,examples,packages,apps,test,tooling}/**/*.md")) {
	const prose = read(page).replace(/^```[\s\S]*?^```/gm, "");
	for (const [, link = ""] of prose.matchAll(LINK)) {
		const own = OWN.test(link);
		if (ELSEWHERE.test(link) && !own) continue;
		const [path = "", anchor] = decodeURI(link.replace(OWN, "")).split("#");
		if (PUBLISHED.test(page) && !own && path !== "")
			findings.push(`${page}: ${link} is not there on a registry's page: give the whole address`);
		const target = path === "" ? page : own ? path : join(dirname(page), path);
		if (!existsSync(resolve(ROOT, target))) findings.push(`${page}: ${link} leads to no file`);
		else if (anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor))
			findings.push(`${page}: ${link} leads to no heading of that page`);
	}
}

report("links", findings);
