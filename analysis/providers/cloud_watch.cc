// Asks Amazon CloudWatch for metric data, all of its pages.
#include <charconv>

#include <fmt/format.h>

#include "analysis/cloud_watch_row.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "analysis/providers/xml.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t most_queries = 500;

bool is_asked(const crds::MetricProvider& provider) { return provider.cloud_watch.has_value(); }

std::optional<std::int64_t> whole(const std::optional<kube::IntOrString>& value) {
  if (!value) return std::nullopt;
  if (value->is_int()) return std::get<0>(value->value);
  const std::string& text = std::get<1>(value->value);
  if (has_argument(text)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return -1;
  return number;
}

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::CloudWatchMetric& watch = *metric.provider.cloud_watch;
  if (watch.metric_data_queries.empty()) mistakes.emplace_back("provider.cloudWatch.metricDataQueries is required");
  if (watch.metric_data_queries.size() > most_queries)
    mistakes.push_back(fmt::format("provider.cloudWatch.metricDataQueries: too many (limit {}, got {})", most_queries,
                                   watch.metric_data_queries.size()));
  check_duration("provider.cloudWatch.interval", watch.interval, mistakes);
  for (std::size_t at = 0; at < watch.metric_data_queries.size(); ++at) {
    const crds::CloudWatchQuery& query = watch.metric_data_queries[at];
    const auto say = [&](std::string_view what) {
      mistakes.push_back(fmt::format("provider.cloudWatch.metricDataQueries[{}]{}", at, what));
    };
    if (query.id.empty()) say(".id is required");
    if (query.expression.empty() == !query.metric_stat) say(": give either expression or metricStat");
    const bool is_bad = whole(query.period).value_or(1) <= 0 ||
                        (query.metric_stat && whole(query.metric_stat->period).value_or(1) <= 0);
    if (is_bad) say(".period must be a positive number of seconds");
  }
}

// A form of AWS' query protocol; lists are "Name.member.1".
class Form {
 public:
  void add(const std::string& name, std::string_view value) {
    text_ += fmt::format("{}{}={}", text_.empty() ? "" : "&", name, kube::percent_encoded(value));
  }
  void add_unless_empty(const std::string& name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  void add(const std::string& name, std::optional<std::int64_t> value) {
    if (value) add(name, std::string_view(std::to_string(*value)));
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

void add_statistic(Form& form, const std::string& at, const crds::CloudWatchStatistic& statistic) {
  form.add_unless_empty(at + ".Metric.Namespace", statistic.metric.ns);
  form.add_unless_empty(at + ".Metric.MetricName", statistic.metric.metric_name);
  for (std::size_t i = 0; i < statistic.metric.dimensions.size(); ++i) {
    const std::string dimension = fmt::format("{}.Metric.Dimensions.member.{}", at, i + 1);
    form.add(dimension + ".Name", std::string_view(statistic.metric.dimensions[i].name));
    form.add(dimension + ".Value", std::string_view(statistic.metric.dimensions[i].value));
  }
  form.add(at + ".Period", whole(statistic.period));
  form.add_unless_empty(at + ".Stat", statistic.stat);
  form.add_unless_empty(at + ".Unit", statistic.unit);
}

std::string form_of(const Inquiry& inquiry, std::string_view next_token) {
  const crds::CloudWatchMetric& watch = *inquiry.metric.provider.cloud_watch;
  const kube::Time end = std::chrono::floor<std::chrono::seconds>(inquiry.now);
  Form form;
  form.add("Action", std::string_view("GetMetricData"));
  form.add("Version", std::string_view("2010-08-01"));
  form.add("StartTime",
           std::string_view(kube::format_time(end - duration_or(watch.interval, std::chrono::minutes{5}))));
  form.add("EndTime", std::string_view(kube::format_time(end)));
  for (std::size_t i = 0; i < watch.metric_data_queries.size(); ++i) {
    const crds::CloudWatchQuery& query = watch.metric_data_queries[i];
    const std::string at = fmt::format("MetricDataQueries.member.{}", i + 1);
    form.add_unless_empty(at + ".Id", query.id);
    form.add_unless_empty(at + ".Expression", query.expression);
    form.add_unless_empty(at + ".Label", query.label);
    form.add(at + ".Period", whole(query.period));
    if (query.return_data) form.add(at + ".ReturnData", std::string_view(*query.return_data ? "true" : "false"));
    if (query.metric_stat) add_statistic(form, at + ".MetricStat", *query.metric_stat);
  }
  form.add_unless_empty("NextToken", next_token);
  return std::move(form).text();
}

Result<Turn> ask(const Inquiry& inquiry, std::string_view next_token) {
  if (inquiry.aws_region.empty()) return Error{Fault::invalid, "aws: no region; set AWS_REGION for the controller"};
  Question question;
  question.request.method = "POST";
  question.request.url = fmt::format("https://monitoring.{}.amazonaws.com/", inquiry.aws_region);
  question.request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                              {"Accept-Encoding", "identity"}};
  question.request.body = form_of(inquiry, next_token);
  question.request.deadline = std::chrono::seconds{30};
  question.aws.region = inquiry.aws_region;
  question.aws_service = "monitoring";
  return Turn{std::move(question)};
}

Error refusal(const kube::HttpResponse& response) {
  Error error = status_error(response.status);
  const Result<XmlElement> body = read_xml(response.body);
  const XmlElement* told = body ? body->find("Error") : nullptr;
  if (told)
    error.message +=
        fmt::format(" ({}: {})", told->text_of("Code").substr(0, 64), told->text_of("Message").substr(0, 200));
  return error;
}

// What the queries have given, over all pages.
class Pages {
 public:
  Result<> add(const XmlElement& result) {
    if (const XmlElement* results = result.find("MetricDataResults"))
      for (const XmlElement& member : results->children)
        if (const Result<> added = add_row(member); !added) return added.error();
    if (const XmlElement* messages = result.find("Messages"))
      for (const XmlElement& message : messages->children)
        messages_ += (messages_.empty() ? "" : "; ") + print(message);
    return {};
  }

  Reading reading() && {
    Reading reading;
    std::string text = "[";
    bool has_values = false;
    for (const CloudWatchRow& row : rows_) {
      has_values = has_values || !row.values.empty();
      text += text.size() > 1 ? " [" : "[";
      for (std::size_t at = 0; at < row.values.size() && text.size() < longest_text; ++at)
        text += (at > 0 ? " " : "") + expression::print_plain(row.values[at]);
      text += "]";
    }
    reading.text = text.size() < longest_text ? text + "]" : fmt::format("<list, {} items>", rows_.size());
    // Queries without a single value are no data, whatever else is known of them.
    reading.value = has_values ? value_of(rows_) : expression::Value(expression::List{});
    if (!messages_.empty()) reading.metadata.set("messages", messages_.substr(0, 1024));
    return reading;
  }

 private:
  static constexpr std::size_t longest_text = 1024;

  static std::string print(const XmlElement& message) {
    return fmt::format("{}: {}", message.text_of("Code"), message.text_of("Value"));
  }

  Result<> add_row(const XmlElement& member) {
    CloudWatchRow& row = row_of(member.text_of("Id"));
    if (const XmlElement* label = member.find("Label")) row.label = label->text;
    row.status_code = member.text_of("StatusCode");
    if (const XmlElement* stamps = member.find("Timestamps"))
      for (const XmlElement& stamp : stamps->children) {
        const Result<kube::Time> time = kube::parse_time(stamp.text);
        if (!time) return Error{Fault::internal, "a time in the answer of CloudWatch cannot be read"};
        row.timestamps.push_back(*time);
      }
    if (const XmlElement* values = member.find("Values"))
      for (const XmlElement& value : values->children) {
        double number = 0;
        const char* end = value.text.data() + value.text.size();
        const auto read = std::from_chars(value.text.data(), end, number);
        if (read.ec != std::errc() || read.ptr != end)
          return Error{Fault::internal, "a value in the answer of CloudWatch is no number"};
        row.values.push_back(number);
      }
    if (const XmlElement* messages = member.find("Messages"))
      for (const XmlElement& message : messages->children) row.messages.push_back(print(message));
    return {};
  }
  CloudWatchRow& row_of(std::string_view id) {
    for (CloudWatchRow& row : rows_)
      if (row.id == id) return row;
    rows_.emplace_back().id = id;
    return rows_.back();
  }

  std::vector<CloudWatchRow> rows_;
  std::string messages_;
};

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry, {});
  if (inquiry.answers.back().status / 100 != 2) return refusal(inquiry.answers.back());
  Pages pages;
  std::string next;
  for (const kube::HttpResponse& response : inquiry.answers) {
    const Result<XmlElement> body = read_xml(response.body);
    const XmlElement* result = body ? body->find("GetMetricDataResult") : nullptr;
    if (!result) return Error{Fault::internal, "the answer of CloudWatch holds no GetMetricDataResult"};
    if (const Result<> added = pages.add(*result); !added) return added.error();
    next = result->text_of("NextToken");
  }
  if (!next.empty()) return ask(inquiry, next);
  return Turn{std::move(pages).reading()};
}

}  // namespace

constinit const ProviderKind cloud_watch_kind{"cloudWatch", is_asked, check, converse};

}  // namespace sluice::analysis
