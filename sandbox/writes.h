// Changing objects: creation, replacement, deletion. Every write of the sandbox goes through here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "sandbox/api_state.h"
#include "sandbox/completion.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// How a write is to be taken.
struct WriteTerms {
  std::string manager;
  std::string subresource;  // "", "status" or "scale"
  bool dry_run = false;
  bool applied = false;  // managedFields are already as an apply leaves them
  UnknownFields unknown = UnknownFields::ignore;
  std::vector<std::string>* warnings = nullptr;  // where to put what the client is to be warned of
};

WriteTerms terms_of(const Request& request, std::vector<std::string>& warnings);

// Stores a new object of the kind in the namespace; its name may be left to generateName. Returns what was stored.
Outcome<Api::Store::Object> create_object(ApiState& state, const Kind& kind, const std::string& ns, json::value object,
                                          const WriteTerms& terms);
// Replaces `existing` by `next` as far as the kind's rules allow. Returns what is stored then: `existing` itself when
// nothing changes; the last state when the write removed the last thing that held back a deletion.
Outcome<Api::Store::Object> update_object(ApiState& state, const Kind& kind, const Api::Store::Object& existing,
                                          json::value next, const WriteTerms& terms);

struct Deletion {
  std::string uid;               // precondition; "" for none
  std::string resource_version;  // precondition; "" for none
  std::string propagation;       // "Background", "Foreground", "Orphan" or "" for the kind's default
  std::optional<std::int64_t> grace_seconds;
  bool dry_run = false;
};

// The options of a DELETE from its body and its query.
Outcome<Deletion> deletion_of(const Request& request);

struct Deleted {
  Api::Store::Object object;  // the last state, or the state that waits for finalizers and grace
  bool is_gone = false;
};
Outcome<Deleted> delete_object(ApiState& state, const Kind& kind, const kube::ObjectKey& key, const Deletion& deletion);

}  // namespace sluice::sandbox
