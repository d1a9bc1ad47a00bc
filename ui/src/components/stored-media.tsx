/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a text refers to and this server keeps: pictures, sounds and films where they stand,
 * anything else as a download. Only our own addresses are loaded, never one that a text names.
 */
import { useUrl } from "../app/url";
import { apiUrl } from "../api/client";
import { clip, oneLine, visible } from "../format/text";
import { type MediaReference, mediaReferences } from "../format/media";
import { Icon } from "./icon";
import "./stored-media.css";

export function StoredMedia({ text }: { text: string }) {
    const references = mediaReferences(text);
    if (!references.length) return null;
    return (
        <div className="stored-media">
            {references.map((each) => (
                <One key={each.id} reference={each} />
            ))}
        </div>
    );
}

function One({ reference: { id, type } }: { reference: MediaReference }) {
    const { project } = useUrl();
    const address = apiUrl(`/api/v1/media/${id}`, { project });
    const label = clip(oneLine(visible(type)), 60);
    if (type.startsWith("image/") && type !== "image/svg+xml")
        return (
            <a href={address} target="_blank" rel="noreferrer" title={label}>
                <img src={address} alt={label} loading="lazy" />
            </a>
        );
    if (type.startsWith("audio/")) return <audio controls preload="metadata" src={address} aria-label={label} />;
    if (type.startsWith("video/")) return <video controls preload="metadata" src={address} aria-label={label} />;
    return (
        <a className="button small" href={address} download>
            <Icon name="download" small /> {label}
        </a>
    );
}
