/* SPDX-License-Identifier: Apache-2.0 */
/* One session replayed as one conversation, across its traces. */
import { useParams } from "@tanstack/react-router";
import { useComments } from "../../api/annotate";
import { type SessionRow, useTotals } from "../../api/people";
import { useUrl } from "../../app/url";
import { Comments } from "../../components/comments";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { Transcript } from "../../components/transcript";
import { clip, oneLine } from "../../format/text";
import { AddToQueue } from "../queues/add-to";
import { PeopleHead, Total } from "./head";
import { Nobody } from "./nobody";
import "./people.css";

export default function SessionScreen() {
    const { sessionId = "" } = useParams({ strict: false }) as { sessionId?: string };
    const url = useUrl();
    const totals = useTotals("session", url.project, sessionId);
    const comments = useComments(url.project, { session: sessionId }).data?.comments ?? [];
    const commented = url.search.tab === "comments";
    const row = totals.data as SessionRow | null | undefined;
    if (totals.error) return <Failure error={totals.error} retry={() => totals.refetch()} what="The session" />;
    if (row === null) return <Nobody noun="session" list="sessions" />;
    return (
        <div className="people-page">
            {row ? (
                <PeopleHead list="sessions" noun="session" name={sessionId} totals={row}>
                    {row.user && (
                        <Total label="User">
                            <Go className="plain" href={url.user(row.user)}>{clip(oneLine(row.user), 60)}</Go>
                        </Total>
                    )}
                </PeopleHead>
            ) : (
                <Skeleton height={92} />
            )}
            <div className="trace-views" role="group" aria-label="Shown">
                <button type="button" className="button small bare" aria-pressed={!commented} onClick={() => url.set({ tab: undefined }, { replace: true })}>
                    Conversation
                </button>
                <button type="button" className="button small bare" aria-pressed={commented} onClick={() => url.set({ tab: "comments" }, { replace: true })}>
                    Comments <span className="muted">{comments.length || ""}</span>
                </button>
                <span className="grow" />
                <AddToQueue subject={{ session: sessionId }} what="session" />
            </div>
            <div className="people-body">
                {row && !commented && <Transcript path={`/api/v1/sessions/${encodeURIComponent(sessionId)}/transcript`} byTrace />}
                {row && commented && (
                    <div className="people-comments">
                        <Comments title="On the session" about={{ session: sessionId }} comments={comments} />
                    </div>
                )}
            </div>
        </div>
    );
}
