/* SPDX-License-Identifier: Apache-2.0 */
/* The project's own prices: before the price book, for what is received from then on. `?model=` fills the form. */
import { type FormEvent, useEffect, useState } from "react";
import { type Price, usePriceChange, usePrices } from "../../api/prices";
import { useUrl } from "../../app/url";
import { Failure, Moment, Skeleton } from "../../components/pieces";
import { clip, oneLine, visible } from "../../format/text";

const FIELDS = [
    { id: "input", label: "Input", needed: true },
    { id: "output", label: "Output", needed: true },
    { id: "cache_read", label: "Cached input", needed: false },
] as const;
type Field = (typeof FIELDS)[number]["id"];

export function Prices() {
    const url = useUrl();
    const prices = usePrices(url.project);
    return (
        <section className="panel own-prices" aria-label="Prices of the project">
            <header>
                <h2>Prices of your own</h2>
                <p className="muted">Dollars a million tokens. They come before the price book and hold for what is received from then on; with a start also for earlier calls, after <code>vitrine reindex</code>.</p>
            </header>
            {prices.error && <Failure error={prices.error} retry={() => prices.refetch()} what="The prices" />}
            {prices.isPending && <Skeleton height={80} />}
            {prices.data && prices.data.prices.length > 0 && <PriceTable prices={prices.data.prices} />}
            {prices.data && prices.data.prices.length === 0 && <p className="muted">None yet: list prices of the book apply, and models it does not know are unpriced.</p>}
            <PriceForm key={url.search.model} model={url.search.model ?? ""} />
        </section>
    );
}

function PriceTable({ prices }: { prices: Price[] }) {
    return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Prices table">
            <table className="table">
                <thead>
                    <tr>
                        <th scope="col">Model</th>
                        {FIELDS.map((field) => <th key={field.id} scope="col" className="n">{field.label}</th>)}
                        <th scope="col">Since</th>
                        <th scope="col"><span className="sr">Delete</span></th>
                    </tr>
                </thead>
                <tbody>{prices.map((price) => <PriceRow key={price.id} price={price} />)}</tbody>
            </table>
        </div>
    );
}

/** Deleting takes two presses. */
function PriceRow({ price }: { price: Price }) {
    const url = useUrl();
    const change = usePriceChange(url.project);
    const [sure, setSure] = useState(false);
    const dollars = (id: Field) => (price.prices[id] === undefined ? "–" : `$${price.prices[id]}`);
    return (
        <tr>
            <th scope="row" title={`${visible(price.model)}, for models that match ${visible(price.match)}`}>
                {clip(oneLine(price.model), 60)} {price.tiers > 1 && <span className="tag">{price.tiers} tiers</span>}
            </th>
            {FIELDS.map((field) => <td key={field.id} className="n">{dollars(field.id)}</td>)}
            <td><Moment ns={price.start ?? price.created} /></td>
            <td className="n">
                <button type="button" className="button small" disabled={change.isPending} onBlur={() => setSure(false)} onClick={() => (sure ? change.mutate({ remove: price.id }) : setSure(true))}>
                    {sure ? "Really delete" : "Delete"}
                </button>
            </td>
        </tr>
    );
}

function PriceForm({ model }: { model: string }) {
    const url = useUrl();
    const change = usePriceChange(url.project);
    const [name, setName] = useState(model);
    const [start, setStart] = useState("");
    const [amounts, setAmounts] = useState<Record<Field, string>>({ input: "", output: "", cache_read: "" });
    useEffect(() => {
        if (model) document.getElementById("price-input")?.focus();
    }, [model]);
    const add = (event: FormEvent) => {
        event.preventDefault();
        /* A text that is no number goes to the server, which says what it expected. */
        const given = FIELDS.filter(({ id }) => amounts[id].trim()).map(({ id }) => [id, Number.isFinite(Number(amounts[id])) ? Number(amounts[id]) : amounts[id]]);
        const done = () => {
            setName("");
            setStart("");
            setAmounts({ input: "", output: "", cache_read: "" });
        };
        change.mutate({ add: { model: name.trim(), start: start ? `${start}T00:00:00Z` : undefined, prices: Object.fromEntries(given) } }, { onSuccess: done });
    };
    return (
        <form className="price-form" aria-label="Add a price" onSubmit={add}>
            <label>
                Model
                <input className="input" value={name} onChange={(event) => setName(event.target.value)} placeholder="as spans name it" required maxLength={255} spellCheck={false} autoComplete="off" />
            </label>
            {FIELDS.map((field) => (
                <label key={field.id}>
                    {field.label}, $ a million
                    <input id={`price-${field.id}`} className="input" value={amounts[field.id]} onChange={(event) => setAmounts({ ...amounts, [field.id]: event.target.value })} placeholder={field.needed ? "0" : "as input"} required={field.needed} inputMode="decimal" autoComplete="off" />
                </label>
            ))}
            <label>
                Start (UTC)
                <input className="input" type="date" value={start} onChange={(event) => setStart(event.target.value)} />
            </label>
            <button type="submit" className="button primary" disabled={change.isPending}>Add the price</button>
            {change.error && <p className="bad" role="alert">{visible(change.error.message)}</p>}
            {change.isSuccess && <p className="muted" role="status">Done.</p>}
        </form>
    );
}
