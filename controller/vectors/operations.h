// The questions that `sluice vectors` answers; each says what goes in and what comes out.
#pragma once

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::controller::vectors {

using Answer = kube::Result<boost::json::value>;

// {"condition", "result"} -> {"value"}: the condition evaluated with the JSON value as its result. The optional "now"
// (RFC 3339) is what now() answers, else 1970-01-01T00:00:00Z.
Answer eval(const boost::json::value& in);
// {"text", "args": {name: value}} -> the text with {{args.name}} replaced.
Answer fill_template(const boost::json::value& in);
// {"metric", "measurements": [{"phase"} or {"value"}]} -> {"phase", "message"} of a run with this one metric, in which
// these measurements follow each other. A measurement without a phase gets it from the conditions of the metric.
Answer assess(const boost::json::value& in);
// {"template": PodTemplateSpec, "collisionCount": n or null} -> the pod-template-hash.
Answer hash(const boost::json::value& in);
// A Rollout -> {"phase", "message"}.
Answer phase(const boost::json::value& in);
// {"rollout": a Rollout with its status, "new": set or null, "stable": set or null, "older": [set]}, set = {"name",
// "replicas", "available"} -> {"new", "stable", "older": [..]}: the sizes that the next decision asks for. Services,
// routes and templates are there as the Rollout wants them. Without a new set, its size when it is created.
Answer replicas(const boost::json::value& in);

// {"rollout", "objects": [routes, Ingresses, ...], "weight": n, "header": {"name", "match"}, "mirror": {"name",
// "match", "percentage"}, "additional": [{"service", "weight"}], "canaryHash", "stableHash"} -> the objects as they
// should be. Without header and mirror there are no such routes of the Rollout; objects that are none of its routes
// come back as they are.
Answer route(const boost::json::value& in);

}  // namespace sluice::controller::vectors
