// Label selectors: as objects (matchLabels, matchExpressions) and as text ("app=web,tier in (a,b),!old").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/label_selector.h"
#include "kube/mistake.h"
#include "kube/result.h"
#include "kube/string_map.h"

namespace sluice::kube {

// True when the labels satisfy every part. A requirement with an unknown operator selects nothing.
bool matches(const LabelSelector& selector, const StringMap& labels);
// A Service's selector: every pair must be among the labels. Unlike above, an empty one selects nothing.
bool is_selected_by(const StringMap& pairs, const StringMap& labels);

// Everything that the API server would refuse, with paths below `at` ("spec.selector").
Mistakes mistakes_in(const LabelSelector& selector, std::string_view at);

// Reads the text form: "a=b", "a==b", "a!=b", "a in (x,y)", "a notin (x,y)", "a", "!a", separated by commas; "" selects
// everything. `a=b` becomes a matchLabels entry, `a!=b` a NotIn. Fault::invalid says which part is wrong.
Result<LabelSelector> parse_selector(std::string_view text);
// The text form as Kubernetes prints the object, sorted by key: "app=web,old notin (a,b),!x". "" for an empty one.
std::string format_selector(const LabelSelector& selector);

// nullptr when the text is a valid label key ("app", "example.com/app"), otherwise what is wrong with it.
const char* what_is_wrong_with_label_key(std::string_view key);
// nullptr when the text is a valid label value, otherwise what is wrong with it.
const char* what_is_wrong_with_label_value(std::string_view value);

}  // namespace sluice::kube
