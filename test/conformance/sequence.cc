// Reading and sending sequences.
#include "test/conformance/sequence.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/yaml.h"

namespace sluice::conformance {
namespace {

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Step step_of(const json::value& from) {
  Step step;
  step.method = kube::text_at(from, {"do"});
  step.target = kube::text_at(from, {"at"});
  step.type = kube::text_at(from, {"type"});
  step.accept = kube::text_at(from, {"accept"});
  if (const json::value* body = kube::find_at(from, {"body"}))
    step.body = body->is_string() ? std::string(body->get_string()) : kube::print_json(*body);
  if (step.type.empty() && !step.body.empty()) step.type = "application/json";
  if (const json::value* save = kube::find_at(from, {"save"})) step.save = *save;
  if (const json::value* ignore = kube::find_at(from, {"ignore"}))
    for (const json::value& path : ignore->as_array()) step.ignore.emplace_back(path.as_string());
  if (step.method.empty() || step.target.empty()) throw std::runtime_error("a step needs do and at");
  return step;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// "metadata.resourceVersion", "items.0.metadata.name"
std::string text_at_path(const json::value& value, std::string_view path) {
  const json::value* at = &value;
  while (!path.empty() && at) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string part(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (at->is_array()) {
      const std::size_t index = std::stoul(part);
      at = index < at->get_array().size() ? &at->get_array()[index] : nullptr;
    } else {
      at = at->is_object() ? at->get_object().if_contains(part) : nullptr;
    }
  }
  if (!at) return "";
  return at->is_string() ? std::string(at->get_string()) : kube::print_json(*at);
}

json::value parsed(const std::string& text) {
  const kube::Result<json::value> value = kube::parse_json(text);
  return value ? *value : json::value(text);
}

kube::net::awaitable<json::value> watch(kube::Transport& transport, kube::ApiRequest request) {
  kube::Result<kube::ApiStream> stream = co_await transport.open(std::move(request));
  if (!stream) throw std::runtime_error("no answer to a watch: " + stream.error().message);
  if (!stream->lines) co_return json::object{{"status", stream->head.status}, {"body", parsed(stream->head.body)}};
  json::array events;
  for (;;) {
    const auto line = co_await stream->lines->next();
    if (!line || !*line) break;
    json::value event = parsed(**line);
    // Bookmarks come when the server likes; only the one that ends initial events has a place.
    const bool is_mark =
        kube::find_at(event, {"object", "metadata", "annotations", "k8s.io/initial-events-end"}) != nullptr;
    if (kube::text_at(event, {"type"}) != "BOOKMARK" || is_mark) events.push_back(std::move(event));
  }
  co_return json::object{{"status", stream->head.status}, {"events", std::move(events)}};
}

kube::net::awaitable<json::value> send(kube::Transport& transport, kube::ApiRequest request) {
  const kube::Result<kube::ApiResponse> response = co_await transport.send(std::move(request));
  if (!response) throw std::runtime_error("no answer: " + response.error().message);
  json::object answer{{"status", response->status}, {"body", parsed(response->body)}};
  if (!response->warnings.empty()) {
    json::array warnings;
    for (const std::string& warning : response->warnings) warnings.push_back(json::string(warning));
    answer["warnings"] = std::move(warnings);
  }
  co_return json::value(std::move(answer));
}

// A new definition is served after a moment. The server is asked again at once: it is on this machine.
kube::net::awaitable<json::value> until_served(kube::Transport& transport, kube::ApiRequest request) {
  constexpr int most = 20000;
  request.method = "GET";
  for (int i = 0; i < most; ++i) {
    kube::ApiRequest again = request;
    const kube::Result<kube::ApiResponse> response = co_await transport.send(std::move(again));
    if (response && response->status == 200) co_return json::object{{"status", 200}};
  }
  throw std::runtime_error(request.target + " is never served");
}

// Every occurrence in every text of a value.
json::value with_replaced(const json::value& value, const std::string& what, const std::string& with) {
  std::string text = kube::print_json(value);
  replace_all(text, what, with);
  return parsed(text);
}

}  // namespace

std::vector<Sequence> read_sequences(const std::string& folder) {
  std::vector<Sequence> sequences;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto steps = kube::parse_yaml(text_of_file(entry.path()));
    if (!steps) throw std::runtime_error(entry.path().string() + ": " + steps.error().message);
    Sequence sequence{entry.path().stem().string(), {}};
    for (const json::value& step : steps->as_array()) sequence.steps.push_back(step_of(step));
    sequences.push_back(std::move(sequence));
  }
  std::sort(sequences.begin(), sequences.end(), [](const Sequence& a, const Sequence& b) { return a.name < b.name; });
  return sequences;
}

kube::net::awaitable<Answers> play(kube::Transport& transport, Sequence sequence, std::string ns) {
  kube::ApiRequest make_namespace{"POST", "/api/v1/namespaces", "application/json",
                                  R"({"metadata":{"name":")" + ns + R"("}})"};
  co_await transport.send(std::move(make_namespace));
  // Where no controllers run, nobody else makes the account that pods need.
  kube::ApiRequest make_account{"POST", "/api/v1/namespaces/" + ns + "/serviceaccounts", "application/json",
                                R"({"metadata":{"name":"default"}})"};
  co_await transport.send(std::move(make_account));

  Answers answers;
  std::map<std::string, std::string> saved;
  for (const Step& step : sequence.steps) {
    kube::ApiRequest request{step.method, step.target, step.type, step.body, step.accept};
    for (std::string* text : {&request.target, &request.body}) {
      replace_all(*text, "NS", ns);
      for (const auto& [name, value] : saved) replace_all(*text, "${" + name + "}", value);
    }
    json::value answer;
    if (step.method == "AWAIT") {
      answer = co_await until_served(transport, std::move(request));
    } else if (step.method == "WATCH") {
      request.method = "GET";
      request.target +=
          (request.target.find('?') == std::string::npos ? "?" : "&") + std::string("watch=true&timeoutSeconds=1");
      answer = co_await watch(transport, std::move(request));
    } else {
      answer = co_await send(transport, std::move(request));
    }
    if (step.save.is_object())
      for (const auto& [name, path] : step.save.get_object())
        saved[name] = text_at_path(answer.as_object().contains("body") ? answer.at("body") : answer, path.as_string());
    answers.push_back(with_replaced(answer, ns, "NS"));
  }
  kube::ApiRequest remove_namespace{"DELETE", "/api/v1/namespaces/" + ns};
  co_await transport.send(std::move(remove_namespace));
  co_return answers;
}

}  // namespace sluice::conformance
