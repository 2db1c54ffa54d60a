// Sequences of requests: reading them, sending them to any API server, and what came back.
//
// A file of test/conformance/requests is a list of steps:
//   do      method; "WATCH" reads the events of a watch that the server ends after a second, "AWAIT" repeats a GET
//   until
//           it succeeds
//   at      path and query; NS is the namespace that each sequence has to itself
//   body    an object, or a string that is sent as it is
//   type    content type, application/json unless said otherwise
//   accept  what to ask for
//   save    {name: path in the answer}: later steps use the value as ${name}
//   ignore  paths of the answer that are not compared; known-differences.md says why
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include "kube/transport.h"

namespace sluice::conformance {

namespace json = boost::json;

struct Step {
  std::string method;
  std::string target;
  std::string body;
  std::string type;
  std::string accept;
  json::value save;
  std::vector<std::string> ignore;
};

struct Sequence {
  std::string name;  // of the file, without its ending
  std::vector<Step> steps;
};

// What a server answered to one step: {"status", "body"} or, for a watch, {"status", "events"}; warnings if there were.
using Answers = std::vector<json::value>;

// All sequences of a folder, sorted by name. Throws when a file cannot be read.
std::vector<Sequence> read_sequences(const std::string& folder);

// Sends all steps one after the other, into a namespace of that name, which is made first and stands as NS in answers.
kube::net::awaitable<Answers> play(kube::Transport& transport, Sequence sequence, std::string ns);

}  // namespace sluice::conformance
