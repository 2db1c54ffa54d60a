// Applying and computing patches: JSON merge patch (RFC 7386), JSON patch (RFC 6902), strategic merge patch.
#pragma once

#include <optional>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/result.h"

namespace sluice::kube {

// RFC 7386: members of the patch replace or, when null, remove those of the target; lists are replaced whole.
json::value apply_merge_patch(json::value target, const json::value& patch);

// The smallest merge patch that turns `before` into `after`; nullopt when nothing has to change. A member that is null
// counts as absent, and 1 equals 1.0, because a merge patch and the API server know no difference.
std::optional<json::value> merge_difference(const json::value& before, const json::value& after);

// RFC 6902: all operations or none. Fault::invalid names the operation that could not be carried out ("operation 2
// (test /spec/paused): ..."). As with the API server, a test for null holds where there is nothing, and the number of
// operations and the size of all copies are bounded.
Result<json::value> apply_json_patch(json::value target, const json::value& patch);

// Strategic merge patch for a built-in kind: lists with a merge key are merged by it, and the directives $patch,
// $retainKeys, $setElementOrder/... and $deleteFromPrimitiveList/... are obeyed. Custom resources have no such patch;
// the caller refuses it there (kube/merge_keys.h says which groups are built in).
Result<json::value> apply_strategic_patch(json::value target, const json::value& patch, std::string_view group,
                                          std::string_view kind);

// Equality of JSON as Kubernetes means it: numbers by value, members in any order.
bool same_json(const json::value& left, const json::value& right);

}  // namespace sluice::kube
