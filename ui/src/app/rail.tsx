/* SPDX-License-Identifier: Apache-2.0 */
/* The rail: which project, which screen, how it looks, and how the server is doing. */
import { useLocation } from "@tanstack/react-router";
import { isLagging, useProjects, useStatus } from "../api/queries";
import { Go } from "../components/go";
import { Icon, type IconName } from "../components/icon";
import { Menu } from "../components/menu";
import { lateTitle } from "../components/pieces";
import { duration } from "../format/number";
import { visible } from "../format/text";
import { type Screen, screenHref } from "../url/href";
import { lastList } from "./lists";
import { type Theme, setPref, usePrefs } from "./prefs";
import { useUrl } from "./url";

interface Place {
    id: Screen;
    label: string;
    keys: string;
}

/** What belongs together: what happens, who and what takes part, how good it is, what else was sent, asking, and the project itself. */
const GROUPS: Place[][] = [
    [
        { id: "overview", label: "Overview", keys: "g o" },
        { id: "traces", label: "Traces", keys: "g t" },
        { id: "live", label: "Live", keys: "g v" },
    ],
    [
        { id: "models", label: "Models", keys: "g i" },
        { id: "agents", label: "Agents", keys: "g a" },
        { id: "sessions", label: "Sessions", keys: "g e" },
        { id: "users", label: "Users", keys: "g u" },
    ],
    [
        { id: "prompts", label: "Prompts", keys: "g p" },
        { id: "scores", label: "Scores", keys: "g c" },
        { id: "datasets", label: "Datasets", keys: "g y" },
        { id: "queues", label: "Queues", keys: "g w" },
    ],
    [
        { id: "query", label: "Query", keys: "g q" },
        { id: "explain", label: "Explain", keys: "g x" },
        { id: "dashboards", label: "Dashboards", keys: "g d" },
    ],
    [
        { id: "logs", label: "Logs", keys: "g l" },
        { id: "metrics", label: "Metrics", keys: "g m" },
        { id: "infrastructure", label: "Infrastructure", keys: "g n" },
    ],
    [
        { id: "setup", label: "Connect", keys: "g s" },
        { id: "settings", label: "Settings", keys: "g ," },
    ],
];

export const SCREENS: Place[] = GROUPS.flat();

export const THEMES: { id: Theme; label: string; icon: IconName }[] = [
    { id: "system", label: "As the system", icon: "auto" },
    { id: "dark", label: "Dark", icon: "moon" },
    { id: "light", label: "Light", icon: "sun" },
];

export function Rail({ openHelp, openPalette }: { openHelp: () => void; openPalette: () => void }) {
    const url = useUrl();
    const { pathname } = useLocation();
    const here = pathname.split("/")[3] ?? "overview";
    const onTrace = here === "traces" && pathname.split("/").length > 4;
    const target = (id: Screen) => (id === "traces" && onTrace ? (lastList(url.project)?.href ?? url.href(id)) : url.href(id));
    return (
        <nav className="rail" aria-label="Screens">
            <Go href={screenHref(url.project, "overview")} className="brand" aria-label="vitrine, overview">
                <Mark />
                <span>vitrine</span>
            </Go>
            <ProjectSwitch />
            <button type="button" className="button rail-palette" onClick={openPalette} aria-label="Go to anything" aria-keyshortcuts="Control+K Meta+K">
                <Icon name="search" /> <span className="grow">Go to …</span> <kbd>Ctrl K</kbd>
            </button>
            <Places here={here} target={target} />
            <ScreenMenu here={here} target={target} />
            <div className="rail-foot">
                <ServerState />
                <div className="row rail-tools">
                    <ThemeMenu />
                    <ZoneButton />
                    <button type="button" className="button bare icon wide-only" onClick={openHelp} title="Keyboard help (?)" aria-label="Keyboard help">
                        <Icon name="help" />
                    </button>
                </div>
            </div>
        </nav>
    );
}

interface PlacesProps {
    here: string;
    target: (id: Screen) => string;
    onPick?: () => void;
}

function Places({ here, target, onPick }: PlacesProps) {
    return (
        <ul className="rail-screens">
            {GROUPS.map((group) =>
                group.map(({ id, label, keys }, at) => (
                    <li key={id} className={at ? "" : "group"}>
                        <Go href={target(id)} aria-current={here === id ? "page" : undefined} title={`${label} (${keys})`} onClick={onPick}>
                            <Icon name={id} />
                            <span>{label}</span>
                        </Go>
                    </li>
                )),
            )}
        </ul>
    );
}

/** Where there is no room for the list it opens from a button that says where one is. */
function ScreenMenu({ here, target }: PlacesProps) {
    const place = SCREENS.find(({ id }) => id === here);
    const label = (
        <>
            <Icon name={place?.id ?? "columns"} />
            <span className="grow cut">{place?.label ?? "Screens"}</span>
            <Icon name="down" small />
        </>
    );
    return (
        <div className="rail-menu">
            <Menu label={label} name={`Screens${place ? `, now ${place.label}` : ""}`} className="button" align="right">
                {(close) => <Places here={here} target={target} onPick={close} />}
            </Menu>
        </div>
    );
}

function Mark() {
    return (
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
            <path className="mark-outer" d="M6 7.500 16 25 26 7.500" />
            <path className="mark-inner" d="M12 7.500 16 14.500 20 7.500" />
        </svg>
    );
}

function ProjectSwitch() {
    const url = useUrl();
    const { data } = useProjects();
    const projects = data?.projects ?? [];
    const here = projects.find((each) => each.name === url.project);
    const label = (
        <>
            <span className="grow cut">{visible(here?.title ?? url.project)}</span>
            {here?.demo && <span className="tag accent">demo</span>}
            <Icon name="down" small />
        </>
    );
    return (
        <div className="project-switch">
            <Menu label={label} name={`Project ${here?.title ?? url.project}. Switch project`} className="button">
                {(close) => (
                    <>
                        <div className="head">Projects</div>
                        {projects.map((each) => (
                            <Go key={each.id} className="item" href={screenHref(each.name, "overview")} aria-current={each.name === url.project} onClick={close}>
                                <span className="grow cut">{visible(each.title)}</span>
                                {each.demo && <span className="tag accent">demo</span>}
                                {each.last_span === null && <span className="tag">empty</span>}
                            </Go>
                        ))}
                    </>
                )}
            </Menu>
        </div>
    );
}

function ThemeMenu() {
    const { theme } = usePrefs();
    const now = THEMES.find((each) => each.id === theme) ?? THEMES[0];
    return (
        <Menu label={<Icon name={now.icon} />} name={`Theme: ${now.label}`} title="Theme (d)" className="button bare icon" up>
            {(close) =>
                THEMES.map(({ id, label, icon }) => (
                    <button
                        key={id}
                        type="button"
                        className="item"
                        aria-current={id === theme}
                        onClick={() => {
                            setPref("theme", id);
                            close();
                        }}
                    >
                        <Icon name={icon} /> {label}
                    </button>
                ))
            }
        </Menu>
    );
}

function ZoneButton() {
    const { zone } = usePrefs();
    const local = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
    return (
        <button
            type="button"
            className="button bare small"
            onClick={() => setPref("zone", zone === "utc" ? "local" : "utc")}
            {...lateTitle(() => (zone === "utc" ? `Times are in UTC. Switch to ${local()}` : `Times are in ${local()}. Switch to UTC`))}
        >
            {zone === "utc" ? "UTC" : "Local time"}
        </button>
    );
}

function ServerState() {
    const { data, error } = useStatus();
    if (error || !data) return <div className="server-state">{error ? <><i className="dot error" /> no connection</> : null}</div>;
    const lag = isLagging(data);
    return (
        <div className="server-state" title={`vitrine ${data.version}, running for ${duration(data.uptime)}`}>
            <i className={`dot ${data.accepting ? (lag ? "running" : "ok") : "error"}`} />
            {data.accepting ? (lag ? `indexing, ${duration(data.index.lag_ns)} behind` : "accepting spans") : "not accepting"}
        </div>
    );
}
