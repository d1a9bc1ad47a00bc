/* SPDX-License-Identifier: Apache-2.0 */
import { type SessionRow, useSessions } from "../../api/people";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { clip, oneLine } from "../../format/text";
import { PeopleList, useOrder } from "./list";

export default function SessionsScreen() {
    const url = useUrl();
    const { sort, order } = useOrder();
    const query = useSessions(url, sort, order);
    return (
        <PeopleList<SessionRow>
            title="Sessions"
            noun="sessions"
            rows={query.data?.pages.flatMap((page) => page.sessions) ?? []}
            query={query}
            name={(row) => row.session}
            href={(row) => url.session(row.session)}
            other={{
                label: "User",
                cell: (row) =>
                    row.user ? (
                        <Go href={url.user(row.user)} className="cut" title={oneLine(row.user)}>
                            {clip(oneLine(row.user), 60)}
                        </Go>
                    ) : (
                        "–"
                    ),
            }}
        />
    );
}
