// The queries of a comparison, and the counts in their answers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/compare/take.h"
#include "kube/result.h"
#include "kube/string_map.h"

namespace sluice::analysis::compare {

enum class Role : std::uint8_t { canary, baseline };
enum class Part : std::uint8_t { total, bad, good, buckets, sum, count, value };

// One question about one window.
struct Query {
  Role role;
  Part part;
  std::string text;
};

// One series of an answer: its labels, and its value at the end of the window.
struct Series {
  kube::StringMap labels;
  double value = 0;
};
using Answer = std::vector<Series>;

// `a="x",b="y"`, in the order of the names; as PromQL reads it inside braces.
std::string selector_text(const kube::StringMap& labels);

// What is asked about a window of this length. It looks one scrape interval further back, so that the difference
// between its first and its last sample spans exactly the block.
std::vector<Query> queries_of(const crds::Compare& compare, const Settings& settings, kube::Duration length);

// The counts of both arms; `answers` are those to queries_of(), in that order. An arm without series has no traffic:
// its total is 0. Error: an answer that is no count, with the query that gave it.
kube::Result<Measured> read_answers(const std::vector<Query>& queries, const std::vector<Answer>& answers,
                                    const Settings& settings, Window window);

}  // namespace sluice::analysis::compare
