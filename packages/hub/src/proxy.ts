import { BlockList, isIP } from "node:net";
import { ArgumentError } from "@drum/tensor";
import type { ProxyAgent } from "undici";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that the environment sets for a URL. Its credentials are sent to the proxy and never shown. */
export interface Proxy {
	readonly url: URL;
	/** The variable that sets it, for messages. */
	readonly from: string;
}

/**
 * Chooses a proxy as curl and Python do: `HTTPS_PROXY` or `HTTP_PROXY` by the URL's own protocol, else `ALL_PROXY`, unless `NO_PROXY` lists
 * the host. The same names in lower case take precedence.
 * @throws ArgumentError for a proxy that cannot be used; it names the variable but does not show its value
 */
export function proxyFor(url: URL, env: Environment = process.env): Proxy | undefined {
	const names = [`${url.protocol.slice(0, -1)}_proxy`, "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
	const from = names.find((name) => env[name]);
	if (from === undefined || isExempt(url, env.no_proxy || env.NO_PROXY || "")) return undefined;
	const text = env[from]!.trim();
	const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
	const proxy = URL.canParse(given) ? new URL(given) : undefined;
	if (proxy?.hostname && (proxy.protocol === "http:" || proxy.protocol === "https:")) return { url: proxy, from };
	throw new ArgumentError({
		what: from,
		expected: "the URL of an HTTP proxy, such as http://proxy.example:3128",
		found: proxy?.hostname ? `one for ${proxy.protocol}` : "text that is not such a URL",
		next: "Correct it, or list the hub's host in NO_PROXY",
	});
}

/** Whether `NO_PROXY` lists the host: its name, a parent domain (with or without `.` or `*.` in front), an address, a range, or `*`. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
	const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
	const at = port || (protocol === "https:" ? "443" : "80");
	return list.split(/[,\s]+/).some((entry) => {
		if (entry === "") return false;
		if (entry === "*") return true;
		const [, name = entry, onPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
		const bare = name
			.replace(/^\[|\]$/g, "")
			.replace(/^\*?\./, "")
			.toLowerCase();
		if (onPort !== undefined && onPort !== at) return false;
		return host === bare || host.endsWith(`.${bare}`) || isInRange(host, bare);
	});
}

function isInRange(host: string, range: string): boolean {
	const [, net = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
	const version = isIP(net);
	if (version === 0 || isIP(host) !== version || Number(bits) > (version === 4 ? 32 : 128)) return false;
	const family = version === 4 ? "ipv4" : "ipv6";
	const ranges = new BlockList();
	ranges.addSubnet(net, Number(bits), family);
	return ranges.check(host, family);
}

/** One agent for each proxy, so that connections are reused. */
const agents = new Map<string, ProxyAgent>();

/**
 * The platform's `fetch`, or one that uses the proxy that the environment sets for the URL.
 * @throws ArgumentError for a proxy that cannot be used; what `fetch` throws
 */
export async function environmentFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
	const url = new URL(input instanceof Request ? input.url : input);
	const proxy = proxyFor(url);
	if (!proxy) return globalThis.fetch(input, init);
	// The supported versions of Node.js have no common agent for proxies. Loaded only if a proxy is set.
	const undici = await import("undici");
	const { href, username, password } = proxy.url;
	let dispatcher = agents.get(href);
	if (!dispatcher) {
		const plain = new URL(href);
		plain.username = "";
		plain.password = "";
		const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
		const token = username && `Basic ${Buffer.from(credentials).toString("base64")}`;
		// No tunnel for http: URLs, because every proxy accepts them so; https: URLs always use one.
		dispatcher = new undici.ProxyAgent({ uri: plain.href, proxyTunnel: false, ...(token && { token }) });
		agents.set(href, dispatcher);
	}
	const through = undici.fetch as unknown as (input: URL, init: object) => Promise<Response>;
	return through(url, { ...init, dispatcher });
}
