//! What the usual mistakes cost. For each mistake, the section says what it costs, what to do instead, and how one
//! notices it, with what was counted of it and of its twin, and with both pieces of code.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::mistakes::{Cost, costs};
use fanout_analysis::summary::ArmSummary;
use fanout_mistakes::{Mistake, explain};
use maud::{Markup, html};

use super::detail::Detail;
use super::frame::{prose, slug};
use super::pictures::{anchor, figure};
use crate::columns::{CONNECTIONS, CPU, Column, MEMORY, PEAK_IN_FLIGHT, THREADS, TIME};
use crate::mistakes::{in_brief, in_processor_time, in_time, name};
use crate::pictures::against_twins;
use crate::text::title;

/// What is shown of a mistake and of its twin.
const COUNTED: [Column; 6] = [TIME, PEAK_IN_FLIGHT, CONNECTIONS, THREADS, CPU, MEMORY];

pub(super) fn of(answered: &[Answered<'_>], detail: Detail) -> Markup {
    html! {
        @for answered in answered {
            @for compared in &answered.scenarios { (scenario(answered, compared, detail)) }
        }
    }
}

fn scenario(answered: &Answered<'_>, compared: &Compared<'_>, detail: Detail) -> Markup {
    let costs = costs(compared);
    html! {
        div id=(anchor(&compared.name)) {
            @for sentence in in_brief(&costs) { p.pick { (sentence) } }
            p {
                "Each mistake was measured beside its twin, the right model that does the same, in the same rounds. \
                 The intervals are of 95 %. No ranking counts the mistakes."
            }
            p.rests { (title(answered.question, compared)) }
            @if let Some(picture) = against_twins(compared, &costs) { div.wide { (figure(&picture, true)) } }
            @for cost in &costs { (mistake(cost, detail)) }
        }
    }
}

fn mistake(cost: &Cost<'_, '_>, detail: Detail) -> Markup {
    let explained = explain(&cost.mistake.arm.model);
    html! {
        h3 id=(slug(&cost.mistake.arm.label)) { (name(cost)) }
        p.take { b { (in_time(cost)) } @if let Some(said) = in_processor_time(cost) { " " (said) } }
        @if let Some(Mistake { what, noticed, instead, .. }) = explained {
            p { b { "Instead: " } (prose(instead)) }
            p { b { "The mistake: " } (prose(what)) }
            p { b { "How one notices it: " } (prose(noticed)) }
        }
        (counted(cost))
        @if let (Some(explained), Detail::Whole) = (explained, detail) { (both(explained)) }
    }
}

/// Returns a table of what was counted of a mistake and of its twin.
fn counted(cost: &Cost<'_, '_>) -> Markup {
    let columns: Vec<(&str, Option<&ArmSummary<'_>>)> =
        vec![("the mistake", Some(cost.mistake)), ("the twin", cost.twin)];
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "What was counted of " (name(cost)) } {
            table.counted {
                thead { tr {
                    td {}
                    @for (what, row) in &columns {
                        th scope="col" { (what) @if let Some(row) = row { small { (row.arm.label) } } }
                    }
                } }
                tbody {
                    @for column in COUNTED {
                        tr {
                            th scope="row" { (column.title) }
                            @for (_, row) in &columns {
                                td { (row.map_or_else(|| "-".into(), |row| column.print(row))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns both pieces of code, side by side where there is room.
fn both(mistake: &Mistake) -> Markup {
    let (wrong, right) = (mistake.wrong(), mistake.right());
    html! {
        div.both {
            figure {
                figcaption { "Wrong: " (mistake.model.id()) }
                pre tabindex="0" { code { @for (line, is_wrong) in lines(&wrong) {
                    @if is_wrong { mark { (line) } } @else { (line) }
                    "\n"
                } } }
            }
            figure {
                figcaption { "Right: " (mistake.twin) }
                pre tabindex="0" { code { (right) } }
            }
        }
    }
}

/// Returns the lines of the wrong code. Each says whether it is wrong, or is a part of the comment that says so: from
/// the comment to the line below it.
fn lines(code: &str) -> Vec<(&str, bool)> {
    let (mut is_marked, mut lines) = (false, Vec::new());
    for line in code.lines() {
        let trimmed = line.trim_start();
        is_marked |= trimmed.starts_with("// Wrong");
        lines.push((line, is_marked));
        is_marked &= trimmed.starts_with("//");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_line_is_marked_with_its_comment() {
        let code = "a();\n// Wrong: b.\n// Right: c.\nb();\nd();\n";
        let marked: Vec<&str> = lines(code).into_iter().filter(|(_, marked)| *marked).map(|(line, _)| line).collect();
        assert_eq!(marked, ["// Wrong: b.", "// Right: c.", "b();"]);
        assert_eq!(lines(code).len(), 5);
    }
}
