/* SPDX-License-Identifier: Apache-2.0 */
import { type UserRow, useUsers } from "../../api/people";
import { useUrl } from "../../app/url";
import { exact } from "../../format/number";
import { PeopleList, useOrder } from "./list";

export default function UsersScreen() {
    const url = useUrl();
    const { sort, order } = useOrder();
    const query = useUsers(url, sort, order);
    return (
        <PeopleList<UserRow>
            title="Users"
            noun="users"
            rows={query.data?.pages.flatMap((page) => page.users) ?? []}
            query={query}
            name={(row) => row.user}
            href={(row) => url.user(row.user)}
            other={{ label: "Sessions", cell: (row) => exact(row.sessions) }}
        />
    );
}
